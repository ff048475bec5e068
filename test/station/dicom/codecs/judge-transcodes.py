# Judges transcoded objects with programs that share no code with ours: pydicom for the elements and for native and RLE
# pixels, DCMTK for JPEG and JPEG-LS, Pillow (OpenJPEG) for JPEG 2000. Reads lines of JSON [original, made]; prints for
# each one line of JSON: {"made", "elements": "equal" or what differs, "pixels": "equal", "none", what differs, or
# "not judged: why", "by": who decoded the original}.
import json, os, subprocess, sys, tempfile, warnings

warnings.filterwarnings("ignore")
import numpy
import pydicom
from pydicom.dataelem import RawDataElement

JPEG = "1.2.840.10008.1.2.4."
FOLLOWS_PIXELS = {0x7FE00010, 0x7FE00001, 0x7FE00002, 0x7FE00003, 0x00280004, 0x00280006}
ICON = 0x00880200
WORDS = {"US": 2, "SS": 2, "OW": 2, "AT": 2, "UL": 4, "SL": 4, "FL": 4, "OF": 4, "OL": 4, "FD": 8, "OD": 8, "SV": 8, "UV": 8, "OV": 8}


def little(element):
    """A raw value as little endian bytes."""
    value = element.value or b""
    size = 1 if element.is_little_endian else WORDS.get(element.VR, 1)
    return value if size == 1 or len(value) % size else numpy.frombuffer(value, f">u{size}").astype(f"<u{size}").tobytes()


def differences(old, new, where, compressed):
    keep = lambda tags: [t for t in tags if t.element != 0 and not (compressed and not where and int(t) in FOLLOWS_PIXELS)]
    tags = keep(sorted(old.keys()))
    # A compressed icon goes (type 3); in an uncompressed object it must not be.
    if compressed and not where and ICON not in new:
        tags = [t for t in tags if int(t) != ICON or not any((x.get_item(0x7FE00010).value or b"")[:4] == b"\xfe\xff\x00\xe0" for x in old[ICON].value)]
    if tags != keep(sorted(new.keys())):
        yield f"{where}: other elements {set(tags) ^ set(keep(sorted(new.keys())))}"
        return
    for tag in tags:
        a, b = old.get_item(tag), new.get_item(tag)
        if isinstance(a, RawDataElement) and isinstance(b, RawDataElement) and "SQ" not in (a.VR, b.VR):
            if not a.is_implicit_VR and not b.is_implicit_VR and a.VR != b.VR:
                yield f"{where}{tag}: VR {a.VR} {b.VR}"
            # Native pixels of the other byte order are compared as pixels.
            if little(a) == little(b) or (int(tag) == 0x7FE00010 and not a.is_little_endian):
                continue
            if not (a.value[:4] == b"\xfe\xff\x00\xe0" or b.value[:4] == b"\xfe\xff\x00\xe0"):
                yield f"{where}{tag}: values differ"
                continue
        a, b = old[tag], new[tag]
        if a.VR == "SQ" and b.VR == "SQ":
            if len(a.value) != len(b.value):
                yield f"{where}{tag}: {len(a.value)} items, {len(b.value)} items"
                continue
            for n, (x, y) in enumerate(zip(a.value, b.value)):
                yield from differences(x, y, f"{where}{tag}[{n}].", compressed)
        elif (a.value or "") != (b.value or ""):
            yield f"{where}{tag}: value differs"


def native(path, syntax, folder):
    number = int(syntax.split(".")[7]) if syntax.startswith(JPEG) else 0
    if 50 <= number <= 81:
        out = os.path.join(folder, "native.dcm")
        # The conversion to RGB as ours: by what the header says, without smoothing of the colours.
        tool = ["dcmdjpls"] if number >= 80 else ["dcmdjpeg", "+cn"] if number >= 57 else ["dcmdjpeg", "+cp"]
        subprocess.run(tool + [path, out], check=True, capture_output=True, timeout=120)
        return pydicom.dcmread(out, force=True), tool[0]
    data = pydicom.dcmread(path, force=True)
    return data, "Pillow" if 90 <= number <= 93 else "pydicom"


def stored(data, array):
    """The stored values alone: without what else the words carry, with their sign."""
    bits, high = int(data.BitsStored), int(data.HighBit)
    if array.dtype.kind == "f" or data.BitsAllocated == 1:
        return array
    wide = array.astype(numpy.int64) >> (high - bits + 1)
    wide &= (1 << bits) - 1
    if data.PixelRepresentation == 1:
        wide = numpy.where(wide >= 1 << (bits - 1), wide - (1 << bits), wide)
    return wide


def pixels(original, made, folder):
    old = pydicom.dcmread(original, force=True)
    syntax = str(old.file_meta.get("TransferSyntaxUID", ""))
    new = pydicom.dcmread(made, force=True)
    if "PixelData" not in new or not int(new.get("Rows", 0) or 0):
        return "none", ""
    try:
        found = new.pixel_array
    except Exception as error:
        found = error
    try:
        reference, by = native(original, syntax, folder)
        expected = reference.pixel_array
    except Exception as error:
        return f"not judged: {type(error).__name__}", ""
    if isinstance(found, Exception):
        return f"the made one cannot be read: {found}", by
    if expected.shape != found.shape:
        return f"shapes {expected.shape} {found.shape}", by
    if not numpy.array_equal(stored(old, expected), stored(new, found)):
        return f"{int((stored(old, expected) != stored(new, found)).sum())} of {expected.size} values differ", by
    return "equal", by


with tempfile.TemporaryDirectory() as folder:
    for line in sys.stdin:
        original, made = json.loads(line)
        try:
            old = pydicom.dcmread(original, force=True)
            new = pydicom.dcmread(made, force=True)
            compressed = str(old.file_meta.TransferSyntaxUID).startswith(JPEG) or str(old.file_meta.TransferSyntaxUID).endswith(".1.2.5")
            found = list(differences(old, new, "", compressed))
            said, by = pixels(original, made, folder)
            print(json.dumps({"made": made, "elements": "equal" if not found else "; ".join(found[:3]), "pixels": said, "by": by}), flush=True)
        except Exception as error:
            print(json.dumps({"made": made, "elements": f"not judged: {type(error).__name__} {error}", "pixels": "not judged", "by": ""}), flush=True)
