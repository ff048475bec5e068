"""Judges corrected files with pydicom, which shares no code with the station.

Reads lines of JSON {"before", "after", "name", "id", "also"} and prints one line for each thing that is
not as dicom-rules 2 wants it, then one line "judged N skipped M".
"""
import json
import re
import sys
import warnings
from io import BytesIO

import pydicom
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement

warnings.simplefilter("ignore")
NAME, ID, ISSUER = 0x00100010, 0x00100020, 0x00100021
ORIGINAL, COERCED, EQUIPMENT, CHARSET = 0x04000561, 0x00080015, 0x0018A001, 0x00080005
NAMED = {NAME, ID, ORIGINAL, COERCED, EQUIPMENT}
UIDS = {0x00080016, 0x00080018, 0x0020000D, 0x0020000E}
MAY_GO = {0xFFFAFFFA, 0x4FFE0001, 0x00101000, 0x00101001, 0x00101002, 0x00100024}
# What an object says of an order: it is its patient's and goes with the patient (decision 20).
ACCESSION, STUDY_ID = 0x00080050, 0x00200010
ORDER = {0x00080051, 0x00081032, 0x00081110, 0x00321032, 0x00321033, 0x00321060, 0x00321064, 0x00380010, 0x00380014,
         0x00400007, 0x00400009, 0x00400275, 0x00401001, 0x00401002, 0x00402016, 0x00402017, 0x0040A370}
TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


def read(path):
    with open(path, "rb") as f:
        return pydicom.dcmread(BytesIO(f.read()), force=True)


def has_legal(ds, tag):
    try:
        value = str(ds[tag].value)
    except Exception:
        return False
    parts = value.split(".")
    return len(value) <= 64 and len(parts) > 1 and all(p.isdigit() and (p == "0" or p[0] != "0") for p in parts)


def differences(old, new, where, job, free, names):
    old_tags = [t for t in old.keys() if t not in free and t.element != 0]
    new_tags = [t for t in new.keys() if t not in free and t.element != 0]
    if old_tags != new_tags:
        gone = [str(t) for t in old_tags if t not in new_tags]
        come = [str(t) for t in new_tags if t not in old_tags]
        yield f"{where}: gone {gone} come {come}"
        return
    for tag in old_tags:
        a, b = old.get_item(tag), new.get_item(tag)
        if isinstance(a, RawDataElement) and isinstance(b, RawDataElement):
            if a.VR == b.VR and a.value == b.value:
                continue
        a, b = old[tag], new[tag]
        if a.VR != b.VR:
            yield f"{where}{tag}: VR {a.VR} became {b.VR}"
        elif a.VR == "SQ":
            if len(a.value) != len(b.value):
                yield f"{where}{tag}: {len(a.value)} items became {len(b.value)}"
                continue
            hidden = {CHARSET} if job["unicode"] else set()
            for n, (x, y) in enumerate(zip(a.value, b.value)):
                yield from differences(x, y, f"{where}{tag}[{n}].", job, hidden, names)
        elif job["unicode"] and a.VR in TEXT and str(a.value).rstrip() == str(b.value).rstrip():
            continue
        elif a.value == b.value and not isinstance(old.get_item(tag), RawDataElement):
            continue
        elif where and tag == ACCESSION and not b.value and str(a.value) == job.get("accession", ""):
            continue
        elif where and (a.VR == "PN" or tag == ID) and str(a.value) in names and str(b.value) in (job["name"], job["id"]):
            continue
        else:
            yield f"{where}{tag}: differs"


def leaves_order(old, job):
    """True when the former and the chosen patient are two by ID and share no name."""
    parts = [set(str(name).split("=")[0].upper().replace("^", " ").split()) for name in (old.get("PatientName", ""), job["name"])]
    former = str(old.get("PatientID", "")).strip()
    other_id = former not in ("", job["id"])
    return not (parts[0] & parts[1]) and (other_id or not former)


def judge(job):
    old, new = read(job["before"]), read(job["after"])
    free = set(NAMED) | {t for t in MAY_GO if t in old and t not in new}
    also = {int(tag_for_keyword(k)): v for k, v in job["also"].items()}
    free |= set(also)
    went = []
    if leaves_order(old, job):
        went = [t for t in ORDER if t in old and t not in new]
        if ACCESSION in old and ACCESSION not in also and old[ACCESSION].value and not new[ACCESSION].value:
            went.append(ACCESSION)
        if STUDY_ID in old and STUDY_ID not in also and re.fullmatch(r"SL\d{12}", str(new[STUDY_ID].value)):
            went.append(STUDY_ID)
        free |= set(went)
    if 0x00100030 in also:
        # The age follows the birth date.
        free.add(0x00101010)
    free |= {t for t in UIDS if not has_legal(old, t)}
    job["unicode"] = str(old.get("SpecificCharacterSet", "")) != str(new.get("SpecificCharacterSet", ""))
    if job["unicode"]:
        free.add(CHARSET)
    job["accession"] = str(old.get("AccessionNumber", "")) if ACCESSION in went else None
    names = {str(old.get(k, "")) for k in ("PatientName", "PatientID")}
    yield from differences(old, new, "", job, free, names)
    # pydicom reads ISO 2022 IR 58 rightly but leaves its escapes standing.
    name = str(new.PatientName).replace("\x1b$)A", "")
    if name != job["name"] or new.PatientID != job["id"]:
        yield "the chosen identity is not there"
    items_before = len(old[ORIGINAL].value) if ORIGINAL in old else 0
    items = new[ORIGINAL].value
    if len(items) != items_before + 1:
        yield "Original Attributes did not grow by one"
    item = items[-1]
    for keyword in ("AttributeModificationDateTime", "ModifyingSystem", "ReasonForTheAttributeModification"):
        if not item.get(keyword):
            yield f"{keyword} is empty"
    if "SourceOfPreviousValues" not in item:
        yield "SourceOfPreviousValues is missing"
    former = item.ModifiedAttributesSequence[0]
    if ISSUER not in former:
        yield "the issuer is not listed with the ID"
    for tag in went:
        if tag not in former:
            yield f"former {tag:08x} of another patient's order is not kept"
    untouched = read(job["before"])
    for tag, value in also.items():
        if str(new[tag].value) != value:
            yield f"{tag:08x} is not what was chosen"
    for tag in (NAME, ID, *also):
        raw = untouched.get_item(tag)
        if raw is None or not raw.value:
            continue
        if any(int(one.SelectorAttribute) == tag for one in item.get("NonconformingModifiedAttributesSequence", [])):
            kept = [one.NonconformingDataElementValue for one in item.NonconformingModifiedAttributesSequence
                    if int(one.SelectorAttribute) == tag]
            if tag not in former or former[tag].value or kept != [bytes(raw.value)]:
                yield f"former nonconforming {tag:08x} is not kept"
        elif tag not in former and str(old[tag].value) == str(new[tag].value):
            continue  # It bore the chosen value already.
        elif tag not in former or str(old[tag].value) != str(former[tag].value):
            yield f"former {tag:08x} is not kept"
    if job["unicode"] and CHARSET not in former:
        yield "former character set is not kept"
    purpose = new[EQUIPMENT].value[-1].PurposeOfReferenceCodeSequence[0]
    if (purpose.CodeValue, purpose.CodingSchemeDesignator) != ("109103", "DCM"):
        yield "purpose of the equipment is wrong"
    if COERCED not in new:
        yield "Instance Coercion DateTime is missing"


judged = skipped = 0
for line in sys.stdin:
    job = json.loads(line)
    try:
        before = read(job["before"])
        if "TransferSyntaxUID" not in before.file_meta:
            raise ValueError("pydicom would only guess")
        list(before.iterall())
    except Exception:
        skipped += 1
        continue
    try:
        for finding in judge(job):
            print(f"{job['before']} {finding}")
        judged += 1
    except Exception as error:
        print(f"{job['before']} {type(error).__name__} {error}")
print(f"judged {judged} skipped {skipped}")
