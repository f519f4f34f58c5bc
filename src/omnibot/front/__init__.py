"""The front door: reads the requests of hot paths itself and gives every other connection to aiohttp.

aiohttp takes three fifths of what accepting a message costs. `head` reads only exactly well-formed requests; whatever it
is not sure of goes to aiohttp's own protocol, unchanged and from its first byte on (`connection`). So what is strange is
never ours to judge. `door` listens, keeps the connections and closes them; `fallback` serves the same handlers behind
aiohttp. docs/decisions/0016.
"""
