"""The ways in: Rasa input channels that check what comes before Rasa sees it; `credentials.yml` switches them on."""
