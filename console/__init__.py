"""The web pages beside the chat, server-rendered: so far the page behind a visitor's signed link."""
