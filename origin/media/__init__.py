"""Media in, segments out: one guarded child process per source decodes, encodes and packages.

`origin.media.runner.run(Job)` gives the events of `origin.media.events`; everything that touches a codec runs in
`origin.media.worker`, as a child process. Nothing is imported here, so that the worker loads only what it needs.
"""
