"""The web chat: our own platform, spoken by `static/widget.js` over HTTP and server-sent events.

The client reads the transcript itself, by sequence number, so nothing is ever sent twice or lost: what is committed is
delivered. Limits, from CHANNELS and RELIABILITY: 8,000 characters a message, 60 messages a minute and visitor, 5 streams
a visitor. `wire` names what travels, `visitors` knows who writes, `intake` accepts, `streams` pushes, `routes` is the HTTP.
"""

NAME = "webchat"
