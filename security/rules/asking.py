import ssl
import urllib.request

import httpx
import requests

def ask(url):
    # ruleid: request-without-time-out
    httpx.post(url, json={})
    # ruleid: request-without-time-out
    httpx.AsyncClient(follow_redirects=False)
    # ruleid: request-without-time-out
    requests.get(url)
    # ruleid: request-without-time-out
    urllib.request.urlopen(url)
    # ok: request-without-time-out
    httpx.post(url, json={}, timeout=5)
    # ok: request-without-time-out
    urllib.request.urlopen(url, timeout=5)
    # ruleid: certificate-not-checked
    httpx.get(url, timeout=5, verify=False)
    # ruleid: certificate-not-checked
    ssl._create_unverified_context()
    # ok: certificate-not-checked
    httpx.get(url, timeout=5)
