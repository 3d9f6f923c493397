"""The one configuration: its sections, keys, defaults and what each means.

Everything is optional. The descriptions below are what `banyan config print` writes as comments.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    """Where pages, API, media and tracker are served: one address for everything."""

    host: Annotated[
        str,
        Meta(
            description="Address to listen on. 127.0.0.1 serves this machine alone; 0.0.0.0 serves the network, and "
            "then browsers allow peer-to-peer only over https (see tls)."
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="TCP port; 0 takes a free one.")] = 8400
    tls: Annotated[
        bool,
        Meta(
            description="Serve https. Without certificate and certificate_key a self-signed certificate for this "
            "machine's names and addresses is made in the data folder."
        ),
    ] = False
    certificate: Annotated[str, Meta(description="File of the certificate chain (PEM) for https.")] = ""
    certificate_key: Annotated[str, Meta(description="File of the certificate's private key (PEM).")] = ""
    public_url: Annotated[
        str,
        Meta(
            pattern="^(https?://.+)?$",
            description="Address under which people reach this server, such as https://video.example.edu, where it "
            "differs from host and port (behind a proxy).",
        ),
    ] = ""


class Data(Struct, frozen=True, forbid_unknown_fields=True):
    """Where everything is kept."""

    path: Annotated[
        str,
        Meta(
            min_length=1,
            description="Folder of media, catalogue, keys and the admin token; relative to the current folder. It "
            "is made when missing.",
        ),
    ] = ".data"


class Tracker(Struct, frozen=True, forbid_unknown_fields=True):
    """Who meets whom."""

    url: Annotated[
        str,
        Meta(
            description="Address of the tracker where it runs elsewhere, such as wss://tracker.example.edu/tracker; "
            "none given: /tracker of this server."
        ),
    ] = ""
    origin: Annotated[
        str,
        Meta(
            pattern="^(https?://.+)?$",
            description="For 'serve --role tracker': address of the origin, such as https://video.example.edu, which "
            "gets the figures for its operators (with the admin token in the data folder) and whose pages may connect.",
        ),
    ] = ""
    stun_port: Annotated[
        int,
        Meta(ge=0, le=65535, description="UDP port of the STUN server on the same host; 0 takes a free one."),
    ] = 3478
    announce_ms: Annotated[
        int, Meta(ge=1000, le=600_000, description="How often viewers announce themselves, in ms.")
    ] = 10_000
    report_ms: Annotated[
        int, Meta(ge=1000, le=600_000, description="How often viewers report what they fetched and played, in ms.")
    ] = 5000
    origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Web origins, such as https://campus.example.edu, whose pages may connect to the tracker "
            "besides those of the tracker's own address and of the origin above."
        ),
    ] = ()
    proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Networks of the reverse proxies in front of this server, such as 10.0.0.0/8, whose word about "
            "a viewer's address is believed (X-Forwarded-For)."
        ),
    ] = ()
    keys: Annotated[
        tuple[str, ...],
        Meta(
            description="For 'serve --role tracker': files of the origin's public key as JSON Web Key, as `key` of "
            "/api/items/<item> shows it; none given reads the key in the data folder."
        ),
    ] = ()


class Origin(Struct, frozen=True, forbid_unknown_fields=True):
    """Where media and pages come from."""

    pages: Annotated[
        str, Meta(description="Folder of a web player built elsewhere; none given: the one that comes with Banyan.")
    ] = ""
    access_log: Annotated[
        str,
        Meta(
            description="File to which every answer is added as one line of JSON: time, client, path, status, bytes "
            "that really left; none given writes none. It names people's addresses, so keep it no longer than needed."
        ),
    ] = ""


class Delivery(Struct, frozen=True, forbid_unknown_fields=True):
    """What viewers may do for each other."""

    mode: Annotated[
        Literal["mesh", "site", "seeders", "off"],
        Meta(
            description="mesh: viewers help each other; site: only within one campus; seeders: only institution "
            "seeders help, and no viewer learns another's address (choose this for minors); off: HTTP alone."
        ),
    ] = "mesh"
    upload_bps: Annotated[
        int, Meta(ge=0, le=10**10, description="The most that one viewer uploads, in bit/s; 0 sets no cap.")
    ] = 0


class Seeder(Struct, frozen=True, forbid_unknown_fields=True):
    """The always-on peer of `banyan seeder`."""

    cache_bytes: Annotated[
        int, Meta(ge=2**24, description="The most media that a seeder keeps in memory for each course, in bytes.")
    ] = 2**28
    folder: Annotated[
        str, Meta(description="Folder where a seeder keeps media over restarts; none given keeps it in memory alone.")
    ] = ""
    folder_bytes: Annotated[int, Meta(ge=2**24, description="The most media in that folder, in bytes.")] = 2**34
    upload_bps: Annotated[
        int, Meta(ge=0, le=10**11, description="The most that a seeder uploads, in bit/s; 0 sets no cap.")
    ] = 0


class Log(Struct, frozen=True, forbid_unknown_fields=True):
    """What the processes say, on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least weight of a line that is written.")
    ] = "info"
    format: Annotated[
        Literal["auto", "text", "json"], Meta(description="auto: text on a terminal, JSON lines otherwise.")
    ] = "auto"


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Configuration of Banyan."""

    server: Server = msgspec.field(default_factory=Server)
    data: Data = msgspec.field(default_factory=Data)
    tracker: Tracker = msgspec.field(default_factory=Tracker)
    origin: Origin = msgspec.field(default_factory=Origin)
    delivery: Delivery = msgspec.field(default_factory=Delivery)
    seeder: Seeder = msgspec.field(default_factory=Seeder)
    log: Log = msgspec.field(default_factory=Log)
