import hmac

def check(given, settings, request, tokens):
    # ruleid: secret-compared-with-equals
    if given.token == settings.token:
        return True
    # ruleid: secret-compared-with-equals
    if signature != expected(request):
        return False
    # ruleid: secret-compared-with-equals
    if request.headers["x-signature"] == hmac.new(settings.key, request.body).hexdigest():
        return True
    # ok: secret-compared-with-equals
    if token == "":
        return False
    # ok: secret-compared-with-equals
    if len(tokens) == 3 or tokens == wanted:
        return False
    # ok: secret-compared-with-equals
    return hmac.compare_digest(given.token, settings.token)
