"""Real footage: a moving picture with a running clock burnt in, and sound.

H.264 and AAC in MP4, made by the system's ffmpeg or by the one that comes with the program.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import ffmpeg
import imageio_ffmpeg

from evidence_daemon.errors import ServiceError

FRAMES_PER_S = 25
WIDTH_PX, HEIGHT_PX = 960, 540


class FfmpegFailed(ServiceError):  # noqa: N818 - named for the event
    """ffmpeg is missing or did not make the file."""

    code = "FFMPEG_FAILED"
    exit_code = 95


@dataclass(frozen=True, slots=True)
class Clip:
    """One piece of footage to be made.

    Attributes:
        name: Its file name.
        duration_s: Its length in seconds.
        tone_hz: The pitch of its sound, so that clips differ to the ear too.
    """

    name: str
    duration_s: int
    tone_hz: int


CLIPS = (
    Clip("patrol.mp4", 14, 330),
    Clip("inspection.mp4", 9, 440),
    Clip("service-of-notice.mp4", 5, 550),
)


def ffmpeg_path() -> str:
    """The ffmpeg to run: the system's where there is one, else the bundled one."""
    return shutil.which("ffmpeg") or str(imageio_ffmpeg.get_ffmpeg_exe())


def make_clip(clip: Clip, folder: Path) -> Path:
    """Make a clip.

    ``testsrc2`` draws moving shapes and the running time over them, and needs no font.

    Raises:
        FfmpegFailed: ffmpeg says why.
    """
    path = folder / clip.name
    picture = ffmpeg.input(
        f"testsrc2=size={WIDTH_PX}x{HEIGHT_PX}:rate={FRAMES_PER_S}", f="lavfi", t=clip.duration_s
    )
    sound = ffmpeg.input(f"sine=frequency={clip.tone_hz}", f="lavfi", t=clip.duration_s)
    graph = ffmpeg.output(
        picture,
        sound,
        str(path),
        vcodec="libx264",
        preset="ultrafast",
        pix_fmt="yuv420p",
        acodec="aac",
        movflags="+faststart",
    )
    command = graph.compile(cmd=ffmpeg_path(), overwrite_output=True)
    made = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)  # noqa: S603
    if made.returncode:
        reason = made.stderr.decode(errors="replace").strip().splitlines()
        raise FfmpegFailed(f"{path.name}: {reason[-1] if reason else 'no reason given'}")
    return path


def make_clips(folder: Path) -> list[Path]:
    """Make all clips of the demo."""
    folder.mkdir(parents=True, exist_ok=True)
    return [make_clip(clip, folder) for clip in CLIPS]
