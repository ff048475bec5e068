"""Judges spliced files with pydicom, which shares no code with the splicer.

Reads lines of JSON [original, spliced, mode] and prints a line for each difference outside PatientName, PatientID,
OriginalAttributesSequence (and SpecificCharacterSet in mode "unicode"), then one line "judged N skipped M".
"""
import json
import sys
import warnings
from io import BytesIO

import pydicom
from pydicom.dataelem import RawDataElement

warnings.simplefilter("ignore")
EDITED = {0x00100010, 0x00100020, 0x04000561}
TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


def read(path):
    with open(path, "rb") as f:
        return pydicom.dcmread(BytesIO(f.read()), force=True)


def differences(old, new, where, unicode_mode, edited):
    tags_old = [t for t in old.keys() if t not in edited and t.element != 0]
    tags_new = [t for t in new.keys() if t not in edited and t.element != 0]
    if tags_old != tags_new:
        yield f"{where}: elements {tags_old[:4]} {tags_new[:4]}"
        return
    for tag in tags_old:
        a, b = old.get_item(tag), new.get_item(tag)
        if isinstance(a, RawDataElement) and isinstance(b, RawDataElement):
            if a.VR == b.VR and a.value == b.value:
                continue
            if not unicode_mode:
                yield f"{where}{tag}: bytes differ"
                continue
        a, b = old[tag], new[tag]
        if a.VR != b.VR:
            yield f"{where}{tag}: VR {a.VR} {b.VR}"
        elif a.VR == "SQ":
            if len(a.value) != len(b.value):
                yield f"{where}{tag}: {len(a.value)} items, {len(b.value)} items"
                continue
            hidden = {0x00080005} if unicode_mode else set()
            for n, (x, y) in enumerate(zip(a.value, b.value)):
                yield from differences(x, y, f"{where}{tag}[{n}].", unicode_mode, hidden)
        elif a.VR in TEXT and unicode_mode:
            if str(a.value).rstrip() != str(b.value).rstrip():
                yield f"{where}{tag}: text differs"
        elif a.value != b.value:
            yield f"{where}{tag}: value differs"


judged = skipped = 0
for line in sys.stdin:
    original, spliced, mode = json.loads(line)
    unicode_mode = mode == "unicode"
    try:
        old = read(original)
        if not hasattr(old, "file_meta") or "TransferSyntaxUID" not in getattr(old, "file_meta", {}):
            raise ValueError("pydicom would only guess")
    except Exception:
        skipped += 1
        continue
    try:
        new = read(spliced)
        edited = EDITED | ({0x00080005} if unicode_mode else set())
        for difference in differences(old, new, "", unicode_mode, edited):
            print(f"{original} {difference}")
        items_old = len(old[0x04000561].value) if 0x04000561 in old else 0
        if len(new[0x04000561].value) != items_old + 1:
            print(f"{original} OriginalAttributesSequence was not appended to")
        if str(new.PatientName) != ("New^Name" if mode == "plain" else "Łódź^Ωmega") or new.PatientID != "N1":
            print(f"{original} the new identity is not there")
        judged += 1
    except Exception as error:
        print(f"{original} {type(error).__name__} {error}")
print(f"judged {judged} skipped {skipped}")
