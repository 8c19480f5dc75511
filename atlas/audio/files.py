"""Opening sound files: bytes, members of tar files, and who decodes them.

Decoding happens in process by libsndfile (wav, flac, ogg, opus, mp3, NIST sphere and more); what it cannot read
(m4a, webm, wma), or cannot tell the length of, goes through ffmpeg by pydub. A path of the form
`shard.tar::member.flac` names a member of a tar file. What cannot be opened is an `AudioProblem`. Samples are read in
`audio.py`.
"""

import hashlib
import io
import os
import re
import shutil
import tarfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import soundfile

from atlas.errors import AudioProblem

TAR_MARK = "::"
SUFFIXES_FOR_FFMPEG = frozenset({".m4a", ".mp4", ".aac", ".webm", ".wma", ".mka", ".amr", ".3gp"})
_RARE_SUFFIXES = {".aif", ".aiff", ".aifc", ".au", ".caf", ".w64", ".rf64", ".sph", ".nist"}
SUFFIXES = SUFFIXES_FOR_FFMPEG | {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3"} | _RARE_SUFFIXES
"what a search of a folder or a tar file takes for audio"

_MISLEADING = 7  # the error by which libsndfile says of an MP3 without a single frame that it does not exist
_UNKNOWN = 2**62  # frames; libsndfile gives 2^63 - 1 where it does not know
_HEADER_BYTES = 1024  # a data chunk that is short by no more: its writer counted the headers
_PIPE_BYTES = 0x7FFF0000  # whoever writes into a pipe claims about 2 or 4 GiB, for lack of the length

Source = io.BufferedReader | io.BytesIO


def content(path: str | Path) -> bytes:
    """The bytes of a sound file or of a tar's member."""
    with _opened(str(path)) as file:
        return file.read()


def sha256(path: str | Path) -> str:
    """The hash of the bytes of a sound file or of a tar's member."""
    with _opened(str(path)) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=64)
def tar_members(archive: str) -> Mapping[str, tuple[int, int]]:
    """The files in an uncompressed tar file: name -> offset and size in bytes."""
    try:
        with tarfile.open(archive, "r:") as tar:
            return {member.name: (member.offset_data, member.size) for member in tar if member.isfile()}
    except tarfile.TarError as error:
        raise AudioProblem(f"{Path(archive).name} is not a whole, uncompressed tar file ({error})") from None


@contextmanager
def opened_sound(path: str) -> Iterator[soundfile.SoundFile]:
    """The file, ready to be decoded from its beginning."""
    with _opened(path) as source:
        if not _bytes_at(source, 0, 1):
            raise AudioProblem("empty file")
        with _by_ffmpeg(path) if suffix(path) in SUFFIXES_FOR_FFMPEG else _by_libsndfile(path, source) as file:
            yield file


@contextmanager
def _opened(path: str) -> Iterator[Source]:
    archive, mark, member = path.partition(TAR_MARK)
    try:
        with open(archive, "rb") as file:
            if not mark:
                yield file
                return
            if member not in tar_members(archive):
                raise AudioProblem(f"no such member of {Path(archive).name}")
            offset, size = tar_members(archive)[member]
            file.seek(offset)
            yield io.BytesIO(file.read(size))
    except FileNotFoundError:
        raise AudioProblem("file not found") from None
    except OSError as error:
        raise AudioProblem(f"cannot be read: {error.strerror or error}") from None


def _by_libsndfile(path: str, source: Source) -> soundfile.SoundFile:
    try:
        # from a descriptor, libsndfile reads by itself; from a Python object it calls back, one thread at a time
        file = soundfile.SoundFile(source if TAR_MARK in path else os.open(path, os.O_RDONLY))
    except soundfile.LibsndfileError as error:
        reason = "" if error.code == _MISLEADING else f": {error.error_string.rstrip('.')}"
        raise AudioProblem(f"not readable as audio{reason}") from None
    if _is_cut(file, source):
        raise AudioProblem("truncated: the file is shorter than its headers say")
    return file if _tells_its_length(file, source) else _by_ffmpeg(path)


def _is_cut(file: soundfile.SoundFile, source: Source) -> bool:
    """Whether the file breaks off, where that shows without decoding; libsndfile takes what is left as the whole."""
    if file.format == "OGG":
        return _ends_within_page(_bytes_at(source, -65_307, 65_307))  # the largest page
    chunks = re.findall(r"(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", file.extra_info)
    return any(int(present) + _HEADER_BYTES < int(claimed) < _PIPE_BYTES for claimed, present in chunks)


def _ends_within_page(tail: bytes) -> bool:
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27:  # of a page's header, whose last byte counts the segments
        return True
    sizes = page[27 : 27 + page[26]]
    return len(page) < 27 + page[26] + sum(sizes)


def _tells_its_length(file: soundfile.SoundFile, source: Source) -> bool:
    """Not so a FLAC that was written into a pipe, or an MP3 without a table of contents, whose length is a guess."""
    if file.format != "MP3":
        return bool(file.frames < _UNKNOWN)
    tag = _bytes_at(source, 0, 10)
    size = 0
    if tag[:3] == b"ID3":
        size = 10 + sum(byte << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=True))
    first_frame = _bytes_at(source, size, 256)
    return any(mark in first_frame for mark in (b"Xing", b"Info", b"VBRI"))


def _bytes_at(source: Source, offset: int, size: int) -> bytes:
    """Some bytes, counted from the end if the offset is negative; the place in the file stays as it was."""
    place = source.tell()
    end = source.seek(0, io.SEEK_END)
    source.seek(max(0, end + offset) if offset < 0 else offset)
    content = source.read(size)
    source.seek(place)
    return content


def _by_ffmpeg(path: str) -> soundfile.SoundFile:
    pcm = _decoded_by_ffmpeg(path)
    form = {"format": "RAW", "subtype": "PCM_16", "endian": "LITTLE"}
    return soundfile.SoundFile(io.BytesIO(pcm.content), samplerate=pcm.rate_hz, channels=pcm.channels, **form)


@dataclass(frozen=True, slots=True)
class _Pcm:
    content: bytes  # 16 bit, little endian, interleaved
    rate_hz: int
    channels: int


@lru_cache(maxsize=1)  # a long file is cut into clips, which are read one after another
def _decoded_by_ffmpeg(path: str) -> _Pcm:
    with warnings.catch_warnings():  # of pydub's import, on its own code and on its search for ffmpeg
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
        from pydub.exceptions import CouldntDecodeError
    AudioSegment.converter = ffmpeg_program()
    try:
        with _opened(path) as source:
            # The one way into pydub that asks no ffprobe, which imageio-ffmpeg does not bring.
            segment = AudioSegment.from_file_using_temporary_files(source).set_sample_width(2)
    except (CouldntDecodeError, IndexError):
        raise AudioProblem("not readable as audio by ffmpeg") from None
    return _Pcm(segment.raw_data, segment.frame_rate, segment.channels)


@cache
def ffmpeg_program() -> str:
    """The system's ffmpeg, or the one that imageio-ffmpeg brings."""
    installed = shutil.which("ffmpeg")
    if installed:
        return installed
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise AudioProblem("needs ffmpeg to be read; install ffmpeg, or convert the file to flac") from None


def suffix(path: str) -> str:
    return Path(path).suffix.lower()
