"""The chat as somebody at a browser has it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class Chat:
    """The chat on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.bubble = page.locator("clinic-chat .bubble")
        self.panel = page.locator("clinic-chat dialog")
        self.field = self.panel.locator(".composer textarea")
        self.items = self.panel.locator(".items > .message")
        self.replies = self.panel.locator(".items > .assistant")  # the greeting is the first
        self.own = self.panel.locator(".items > .visitor")

    def open(self) -> None:
        self.bubble.click()
        expect(self.panel).to_be_visible()

    def say(self, text: str, replies: int | None = 1) -> None:
        """Send a message, and wait for so many replies; None: wait for nothing."""
        before = self.replies.count()
        self.field.fill(text)
        self.field.press("Enter")
        if replies is not None:
            expect(self.replies).to_have_count(before + replies)

    def choose(self, item: str) -> None:
        """Choose from the menu."""
        self.panel.locator(".menu-box > button").click()
        self.panel.get_by_role("menuitem", name=item).click()

    def confirm(self) -> None:
        self.panel.locator(".ask .strong").click()

    @property
    def last(self) -> Locator:
        """The last reply."""
        return self.replies.last

    def texts(self) -> list[str]:
        """What was said, the greeting left out."""
        return [text.strip() for text in self.panel.locator(".items > .message .bubble-text").all_inner_texts()[1:]]

    def texts_of_replies(self) -> list[str]:
        """What the assistant said, without the actions of a card."""
        return [
            " ".join(one.locator("p").all_inner_texts())
            for one in self.panel.locator(".items > .assistant .bubble-text").all()
        ]
