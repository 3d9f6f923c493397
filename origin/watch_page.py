"""The document of `/watch/<item>` with what its page would ask for first already in it."""

_HEAD_END = b"</head>"


def with_item(document: bytes, item: bytes, playlist: str) -> bytes:
    """The page with an item's JSON, as the API tells it, and its playlist on the way: two round trips fewer.

    The JSON is a data block, which no browser runs; `<` is escaped, so that no title can end the block.
    """
    data = item.replace(b"<", b"\\u003c")
    block = b'<script type="application/json" id="item">%s</script>' % data
    preload = b'<link rel="preload" as="fetch" crossorigin href="%s">' % playlist.encode()
    return document.replace(_HEAD_END, preload + block + _HEAD_END, 1)
