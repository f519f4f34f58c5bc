"""What the app has to be allowed; docs/slack.md has the manifest."""

NEEDED = frozenset({"chat:write", "im:history"})  # for customers to be served at all
USEFUL = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:write",
        "mpim:history",
        "users:read",
    }
)
