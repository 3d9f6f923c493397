"""Sentences for people whose source cannot be taken: what is wrong, and what to do next."""

from origin.media.errors import Refused

MAX_SIZE = "3840x2160"
_EXPORT_EN = "Save or export it again as MP4 (H.264 and AAC) and try that file."
_EXPORT_ZH = "请重新保存或导出为 MP4（H.264 + AAC）后再试。"

_NOT_VIDEO = {
    "empty": ("The file {name} is empty. Copy or record it again.", "文件 {name} 是空的，请重新复制或录制。"),
    "sound": (
        "The file {name} has sound but no picture. Banyan publishes video: add a still picture in any video editor and "
        "export it as MP4.",
        "文件 {name} 只有声音、没有画面。Banyan 发布的是视频：请用视频编辑软件加一张图片后导出为 MP4。",
    ),
    "picture": (
        "The file {name} is a picture, not a video. Choose the recording itself, for example an MP4 file.",
        "文件 {name} 是图片，不是视频。请选择录像文件，例如 MP4。",
    ),
    "document": (
        "The file {name} is a document or an archive, not a video. Export slides as MP4 video, or unpack the archive.",
        "文件 {name} 是文档或压缩包，不是视频。请先把幻灯片导出为视频（MP4），或先解压。",
    ),
    "text": (
        "The file {name} holds text, not a video, whatever its name says. Choose the recording itself, such as an MP4.",
        "文件 {name} 的内容是文本，不是视频（与扩展名无关）。请选择录像文件，例如 MP4。",
    ),
    "unknown": (
        "The file {name} is not a video in a format known here (MP4, MOV, MKV, WebM, TS, AVI, FLV, WMV, MPEG). "
        + _EXPORT_EN,
        "文件 {name} 不是这里认识的视频格式（MP4、MOV、MKV、WebM、TS、AVI、FLV、WMV、MPEG）。" + _EXPORT_ZH,
    ),
}


def not_video(kind: str, name: str) -> Refused:
    """The file's first bytes are not those of a video."""
    en, zh = _NOT_VIDEO[kind]
    return Refused("audio_only" if kind == "sound" else kind, en.format(name=name), zh.format(name=name))


def missing(path: str) -> Refused:
    """There is nothing at that path."""
    return Refused(
        "missing",
        f"There is no file {path}. Check the spelling and the folder, and try again.",
        f"找不到文件 {path}。请检查文件名和所在文件夹后再试。",
    )


def folder(path: str) -> Refused:
    """The path is a folder, or not a regular file."""
    return Refused(
        "folder",
        f"{path} is a folder or a device, not a file. Name one video file in it.",
        f"{path} 是文件夹或设备，不是文件。请指定其中的一个视频文件。",
    )


def unreadable(path: str) -> Refused:
    """The system does not let this user read the file."""
    return Refused(
        "unreadable",
        f"The user who runs Banyan may not read the file {path}. Give that right (chmod a+r) and try again.",
        f"运行 Banyan 的用户没有读取 {path} 的权限。请授予读取权限（chmod a+r）后再试。",
    )


def broken(name: str, detail: str) -> Refused:
    """The container or its streams are damaged, or end early."""
    return Refused(
        "damaged",
        f"The file {name} is damaged or incomplete: {detail}. Copy it again from its origin, or export it again.",
        f"文件 {name} 已损坏或不完整。请从原处重新复制，或重新导出。",
    )


def no_video(name: str) -> Refused:
    """There are streams, but no moving picture."""
    return not_video("sound", name)


def unknown_codec(name: str, codec: str) -> Refused:
    """No decoder for its picture."""
    return Refused(
        "codec",
        f"The picture in {name} is coded in a way that cannot be read here ({codec}). " + _EXPORT_EN,
        f"无法解码文件 {name} 的画面（{codec}）。" + _EXPORT_ZH,
    )


def too_large(name: str, width: int, height: int) -> Refused:
    """More pixels than are decoded here."""
    return Refused(
        "too_large",
        f"The picture of {name} is {width}x{height}, more than is taken here. Export it at {MAX_SIZE} or less.",
        f"文件 {name} 的画面为 {width}x{height}，超过上限。请以不高于 {MAX_SIZE} 的尺寸导出。",
    )


def too_many_streams(name: str, count: int, most: int) -> Refused:
    """More streams than any lecture has."""
    return Refused(
        "too_many_streams",
        f"The file {name} has {count} tracks, at most {most} are taken. Export it with fewer languages.",
        f"文件 {name} 有 {count} 条轨道，最多 {most} 条。请只保留一条画面和所需的语言后导出。",
    )


def too_long(name: str, hours: int) -> Refused:
    """Longer than is taken in one piece."""
    return Refused(
        "too_long",
        f"The file {name} is longer than {hours} hours. Cut it into parts and publish them one by one.",
        f"文件 {name} 超过 {hours} 小时。请分割后逐个发布。",
    )


def inside(reason: str) -> Refused:
    """The worker itself failed on this source: crashed, ran out of memory, hung or was killed."""
    en, zh = _INSIDE[reason]
    return Refused(reason, en, zh)


_INSIDE = {
    "memory": (
        "Preparing this video took more memory than is allowed. Export it at 1920x1080 or less and try again.",
        "处理该视频所需的内存超过上限。请以较小的尺寸（不高于 1920x1080）导出后再试。",
    ),
    "crashed": (
        "The video program stopped on this file; nothing else was touched. The file may be damaged. " + _EXPORT_EN,
        "视频程序在处理该文件时意外停止，其他内容不受影响。文件可能已损坏。" + _EXPORT_ZH,
    ),
    "killed": (
        "The video program was stopped by the system, most often because memory ran out. Close other programs, or "
        "export the video at a smaller size, and try again.",
        "视频程序被系统终止，通常是因为内存不足。请关闭其他程序或以较小的尺寸导出，然后再试。",
    ),
    "silent": (
        "The video program stopped answering on this file and was ended. The file may be damaged. " + _EXPORT_EN,
        "视频程序在处理该文件时长时间没有响应，已被终止。文件可能已损坏。" + _EXPORT_ZH,
    ),
    "cpu": (
        "Preparing this video took longer than is allowed. Cut it into shorter parts and publish them one by one.",
        "处理该视频所用的时间超过上限。请分割成较短的部分后逐个发布。",
    ),
}
