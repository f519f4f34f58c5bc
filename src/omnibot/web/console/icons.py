"""Our own drawings, 16 by 16, stroked in the colour of the text."""

PATHS = {
    "queue": '<path d="M2.5 4h11M2.5 8h11M2.5 12h6"/>',
    "mine": '<circle cx="8" cy="5.2" r="2.7"/><path d="M2.8 13.5c.6-2.7 2.7-4 5.2-4s4.6 1.3 5.2 4"/>',
    "team": '<circle cx="5.8" cy="5.7" r="2.3"/><path d="M1.5 13c.5-2.3 2.2-3.5 4.3-3.5s3.8 1.2 4.3 3.5"/>'
    '<path d="M10.3 3.6a2.3 2.3 0 0 1 0 4.2M12 9.8c1.4.5 2.2 1.6 2.5 3.2"/>',
    "bot": '<rect x="2.8" y="5.5" width="10.4" height="7.5" rx="2"/><path d="M8 5.5V3M6 8.8v1M10 8.8v1"/>'
    '<circle cx="8" cy="2.5" r=".7"/>',
    "closed": '<circle cx="8" cy="8" r="5.7"/><path d="M5.5 8.2l1.8 1.8 3.3-3.7"/>',
    "dealers": '<path d="M2.5 7v6.5h11V7M1.8 6.8 3.2 2.5h9.6l1.4 4.3zM6.5 13.5V10h3v3.5"/>',
    "bookings": '<rect x="2.500" y="3.500" width="11" height="10" rx="1.5"/>'
    '<path d="M2.5 6.8h11M5.5 2v2.5M10.5 2v2.5M6 10.3l1.5 1.5 2.7-3"/>',
    "tickets": '<path d="M2.5 4.5h11v2.2a1.4 1.4 0 0 0 0 2.7v2.1h-11V9.4a1.4 1.4 0 0 0 0-2.7z"/>'
    '<path d="M9.5 4.8v1.4M9.5 7.4v1.3M9.5 9.9v1.4"/>',
    "knowledge": '<path d="M8 4.2C6.6 3.3 4.6 3 2.5 3.2v9.3c2.1-.2 4.1.1 5.5 1 1.4-.9 3.4-1.2 5.5-1V3.2"/>'
    '<path d="M13.5 3.2C11.4 3 9.400 3.300 8 4.2v9.3"/>',
    "admin": '<circle cx="8" cy="8" r="2"/><path d="M8 2v2M8 12v2M2 8h2M12 8h2M3.8 3.8l1.4 1.4M10.8 10.8l1.4 1.400'
    'M12.2 3.8l-1.4 1.4M5.2 10.8l-1.4 1.4"/>',
    "incidents": '<path d="M8 3v5M8 11v.01"/><circle cx="8" cy="8" r="5.7"/><path d="M2 2.800L3.500 4M14 2.800L12.500 4"/>',
    "ratings": '<path d="M8 2.2l1.8 3.700 4 .6-2.900 2.800.7 4L8 11.400l-3.600 1.900.7-4L2.200 6.500l4-.6z"/>',
    "search": '<circle cx="7" cy="7" r="4.2"/><path d="M10.2 10.2l3.3 3.3"/>',
    "lock": '<rect x="3.5" y="7" width="9" height="6.5" rx="1.5"/><path d="M5.5 7V5.2a2.5 2.5 0 0 1 5 0V7"/>',
    "back": '<path d="M9.8 3.500L5.3 8l4.5 4.5"/>',
    "next": '<path d="M6.2 3.500L10.7 8l-4.5 4.5"/>',
    "more": '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" class="thick"/>',
    "info": '<circle cx="8" cy="8" r="5.7"/><path d="M8 7.3v3.4M8 5.2v.01"/>',
    "keys": '<rect x="1.8" y="4" width="12.4" height="8" rx="1.5"/><path d="M4.3 6.7h.01M6.8 6.7h.01M9.3 6.7h.01'
    'M11.8 6.7h.01M5 9.5h6"/>',
    "canned": '<path d="M9 2L4 9h3.500L7 14l5-7H8.5z"/>',
    "down": '<path d="M8 3v9.5M4 8.8l4 4 4-4"/>',
    "close": '<path d="M4 4l8 8M12 4l-8 8"/>',
    "check": '<path d="M3.5 8.5l3 3 6-7"/>',
    "send": '<path d="M2.5 8h10M8.8 4.200L12.6 8l-3.8 3.8"/>',
    "webchat": '<path d="M2.5 3.5h11v7.5H8l-3 2.5V11H2.5z"/>',
    "telegram": '<path d="M14 2.800L1.8 7.6l3.6 1.3 1.3 4.3 2-2.6 3.3 2.3zM5.4 8.9l5-3.6"/>',
    "slack": '<path d="M6.2 2.2l-1.6 11.6M11.4 2.200L9.8 13.8M2.5 5.5h11.3M2.2 10.5h11.3"/>',
    "email": '<rect x="2" y="3.5" width="12" height="9" rx="1.5"/><path d="M2.5 4.800L8 9l5.5-4.2"/>',
    "terminal": '<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="M4.5 6l2 2-2 2M8 10.2h3.5"/>',
    "over": '<path d="M8 2.5l6 10.7H2z"/><path d="M8 6.5v3M8 11.3v.01"/>',
    "soon": '<circle cx="8" cy="8" r="5.7"/><path d="M8 4.8V8l2.2 1.6"/>',
    "ok": '<circle cx="8" cy="8" r="5.7"/><path d="M8 4.8V8l2.2 1.6"/>',
    "pause": '<path d="M5.5 4v8M10.5 4v8"/>',
    "promises": '<path d="M4.5 2.5h7M4.5 13.5h7M5.5 2.5c0 3 5 4 5 5.5s-5 2.500-5 5.5"/>'
    '<path d="M10.5 2.500c0 3-5 4-5 5.5s5 2.500 5 5.5"/>',
}
