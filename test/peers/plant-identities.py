"""Plants a former identity in exams as they would leave, with pydicom, which shares no code with the station.

Reads {"seed", "exams", "folder"} as JSON; writes for each exam what came and what leaves, once with the identity hidden in one
place and once clean, and prints one line of JSON for each exam.
"""
import base64
import json
import random
import sys
import unicodedata
import urllib.parse
import warnings
import zlib

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian

warnings.simplefilter("ignore")
job = json.load(sys.stdin)
rng = random.Random(job["seed"])

LATIN = [("Ångström", "Märta"), ("Müller", "Jürgen"), ("Øvergård", "Søren"), ("Kowalczyk", "Bożena"),
         ("O'Brien-Smythe", "Catríona"), ("Nguyen", "Thi"), ("De la Cruz", "Inés"), ("Doe", "Janet")]
OTHER = [("Люксембург", "Роза", "ISO_IR 144", "iso8859_5", "cp1251"), ("Διονυσιος", "Νικος", "ISO_IR 126", "iso8859_7", "cp1253"),
         ("山田", "太郎", "ISO_IR 192", "utf8", "shift_jis"), ("김", "희중", "ISO_IR 192", "utf8", "euc_kr"),
         ("王", "小东", "GB18030", "gb18030", "big5"), ("שרון", "דבורה", "ISO_IR 138", "iso8859_8", "cp1255")]


def plain(text):
    text = text.replace("ø", "o").replace("Ø", "O").replace("ł", "l").replace("Ł", "L").replace("ß", "ss")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def german(text):
    for a, b in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue"), ("å", "aa"), ("Å", "Aa"),
                 ("ø", "oe"), ("Ø", "Oe")):
        text = text.replace(a, b)
    return plain(text)


def new_id():
    kind = rng.randrange(5)
    digits = "".join(rng.choice("123456789") for _ in range(8))
    return [digits, "ZX-" + digits[:7], "00" + digits, digits[:4] + "/" + digits[4:], "P." + digits][kind]


class Former:
    def __init__(self):
        if rng.random() < 0.7:
            self.family, self.given = rng.choice(LATIN)
            self.charset, self.codec, self.stray = "ISO_IR 192", "utf8", "cp1252"
            try:
                (self.family + self.given).encode("cp1252")
            except UnicodeEncodeError:
                self.stray = "cp1250"
            self.latin = True
        else:
            self.family, self.given, self.charset, self.codec, self.stray = rng.choice(OTHER)
            self.latin = False
        self.id = new_id()
        self.birth = "%04d%02d%02d" % (rng.randint(1921, 2009), rng.randint(2, 12), rng.randint(13, 28))
        self.accession = "A" + "".join(rng.choice("123456789") for _ in range(9))
        self.other_id = "X9" + "".join(rng.choice("123456789") for _ in range(7))

    def forms(self):
        f, g = self.family, self.given
        forms = [("as it is", f"{f}^{g}"), ("given first", f"{g} {f}"), ("comma", f"{f}, {g}"), ("blanks", f"{f}  {g}"),
                 ("capitals", f"{f.upper()} {g.upper()}"), ("small letters", f"{g.lower()}_{f.lower()}")]
        if self.latin:
            forms += [("without diacritics", f"{plain(g)} {plain(f)}"), ("as German writes it", f"{german(f)} {german(g)}"),
                      ("with an initial", f"{g} B. {f}")]
            if len(plain(f + g).replace(" ", "")) >= 9 and "'" not in f and " " not in f:
                forms.append(("without anything between", plain(f).title() + plain(g).title()))
        return forms


def text_of(former):
    """What is planted: its kind, the text, and whether bytes of ASCII hold it."""
    what = rng.choice(["name", "name", "name", "id", "id", "birth", "accession"])
    if what == "name":
        form, text = rng.choice(former.forms())
        return "PatientName", f"name, {form}", text
    if what == "id":
        form, text = rng.choice([("as it is", former.id), ("small letters", former.id.lower()), ("with words", "PID:" + former.id + ";"),
                                 ("without separators", "".join(c for c in former.id if c.isalnum()))])
        return "PatientID", f"ID, {form}", text
    if what == "birth":
        b = former.birth
        form, text = rng.choice([("as DICOM", b), ("ISO", f"{b[:4]}-{b[4:6]}-{b[6:]}"), ("German", f"{b[6:]}.{b[4:6]}.{b[:4]}"),
                                 ("American", f"{b[4:6]}/{b[6:]}/{b[:4]}")])
        return "PatientBirthDate", f"date of birth, {form}", text
    return "AccessionNumber", "accession number", former.accession


def item(**values):
    ds = Dataset()
    for k, v in values.items():
        setattr(ds, k, v)
    return ds


def private(ds, vr, value, element=0x01):
    ds.add_new(0x00110010, "LO", "MADE FOR TESTS")
    ds.add_new(0x00111000 + element, vr, value)


def even(b):
    return b + b"\0" if len(b) % 2 else b


def pdf(text, packed):
    stream = b"BT /F1 12 Tf (" + text.encode("latin1", "replace") + b") Tj ET"
    body = zlib.compress(stream) if packed else stream
    wide = b"\xfe\xff" + text.encode("utf-16-be")
    title = b"" if packed else b"1 0 obj << /Title <" + wide.hex().encode() + b"> >> endobj\n"
    return even(b"%PDF-1.4\n" + title + b"2 0 obj << /Length " + str(len(body)).encode() + b" >> stream\n" + body + b"\nendstream endobj\n%%EOF")


def cda(former):
    return even((f'<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument><recordTarget><patientRole><id extension="7" root="2.25.1"/>'
                 f"<patient><name><given>{former.given}</given><family>{former.family}</family></name></patient></patientRole>"
                 f"</recordTarget></ClinicalDocument>").encode())


# Each place: its name, and what puts a text there (data set, text, former).
PLACES = [
    ("a comment", lambda d, t, f: setattr(d, "ImageComments", t)),
    ("the series description", lambda d, t, f: setattr(d, "SeriesDescription", t[:64])),
    ("the protocol name", lambda d, t, f: setattr(d, "ProtocolName", t[:64])),
    ("patient comments", lambda d, t, f: setattr(d, "PatientComments", t)),
    ("additional patient history", lambda d, t, f: setattr(d, "AdditionalPatientHistory", "seen before: " + t)),
    ("the derivation description", lambda d, t, f: setattr(d, "DerivationDescription", t)),
    ("the visit comments", lambda d, t, f: setattr(d, "VisitComments", t)),
    ("the comments on the request", lambda d, t, f: setattr(d, "RequestedProcedureComments", t)),
    ("a nested item", lambda d, t, f: setattr(d, "RequestAttributesSequence", Sequence([item(ScheduledProcedureStepDescription=t[:64])]))),
    ("the second of two nested items", lambda d, t, f: setattr(d, "SourceImageSequence", Sequence(
        [item(ReferencedSOPInstanceUID="2.25.4"), item(ReferencedSOPInstanceUID="2.25.5", ImageComments=t)]))),
    ("report text", lambda d, t, f: setattr(d, "ContentSequence", Sequence([item(ValueType="TEXT", TextValue="Findings. " + t + " was seen.")]))),
    ("report text, three levels down", lambda d, t, f: setattr(d, "ContentSequence", Sequence([item(ContentSequence=Sequence(
        [item(TextValue="no"), item(ContentSequence=Sequence([item(TextValue=t)]))]))]))),
    ("the label of a presentation state", lambda d, t, f: setattr(d, "GraphicAnnotationSequence", Sequence(
        [item(TextObjectSequence=Sequence([item(UnformattedTextValue=t)]))]))),
    ("the description of contents", lambda d, t, f: setattr(d, "ContentDescription", t[:64])),
    ("a private text", lambda d, t, f: private(d, "LO", t[:64])),
    ("a private long text", lambda d, t, f: private(d, "UT", "a" * 5000 + " " + t + " " + "b" * 5000)),
    ("a private value of unknown kind", lambda d, t, f: private(d, "UN", even(t.encode(f.codec)))),
    ("private bytes among others", lambda d, t, f: private(d, "OB", even(bytes(range(30)) * 9 + t.encode(f.codec) + bytes([0, 1, 2, 3] * 40)))),
    ("private bytes in the encoding of a device", lambda d, t, f: private(d, "OB", even(bytes(range(30)) + t.encode(f.stray, "replace") + b"\0\0"))),
    ("private bytes in UTF-16", lambda d, t, f: private(d, "OB", even(b"\1\2\3\0" + t.encode("utf-16-le") + b"\0\0"))),
    ("private bytes in UTF-16, the other order", lambda d, t, f: private(d, "OB", even(b"\1\2\3" + t.encode("utf-16-be") + b"\0\0"))),
    ("a private value in Base64", lambda d, t, f: private(d, "LT", base64.b64encode(("patient " + t).encode()).decode())),
    ("a file name in a private value", lambda d, t, f: private(d, "ST", "D:/EXPORT/" + t.replace("/", "-").replace("^", "_").replace(" ", "_") + "/IM0001.DCM")),
    ("a private sequence", lambda d, t, f: private(d, "SQ", Sequence([item(TextValue=t)]))),
    ("an address with the name in it", lambda d, t, f: setattr(d, "RetrieveURL", "http://pacs/view?patient=" + urllib.parse.quote(t))),
    ("a document in PDF, its title", lambda d, t, f: setattr(d, "EncapsulatedDocument", pdf(t, False))),
    ("trailing padding", lambda d, t, f: d.add_new(0xFFFCFFFC, "OB", even(bytes(20) + t.encode(f.codec)))),
]
NAMED = [
    ("the name of a person in a report", "PatientName", lambda d, f: setattr(d, "ContentSequence", Sequence([item(PersonName=f"{f.family}^{f.given}")]))),
    ("a document in CDA", "PatientName", lambda d, f: setattr(d, "EncapsulatedDocument", cda(f))),
    ("the ID in a nested item", "PatientID", lambda d, f: setattr(d, "ReferencedPatientSequence", Sequence([item(PatientID=f.id)]))),
    ("the name in a nested item", "PatientName", lambda d, f: setattr(d, "ReferencedPatientSequence", Sequence([item(PatientName=f"{f.family}^{f.given}")]))),
    ("the date of birth in a nested item", "PatientBirthDate", lambda d, f: setattr(d, "ReferencedPatientSequence", Sequence([item(PatientBirthDate=f.birth)]))),
    ("the accession number in the request", "AccessionNumber", lambda d, f: setattr(d, "RequestAttributesSequence", Sequence([item(AccessionNumber=f.accession)]))),
    ("among other IDs", "PatientID", lambda d, f: setattr(d, "OtherPatientIDs", ["1", f.id])),
    ("an other ID that was taken away, in a comment", "OtherPatientIDs", lambda d, f: setattr(d, "ImageComments", "was " + f.other_id)),
    ("a private integer", "PatientID", lambda d, f: private(d, "IS", int("".join(c for c in f.id if c.isdigit())) % 2**31)),
    ("a packed document in PDF", "PatientID", lambda d, f: setattr(d, "EncapsulatedDocument", pdf("ID " + f.id, True))),
]
HARMLESS = [lambda d, f: setattr(d, "OperatorsName", f"{f.family}^Nils"), lambda d, f: setattr(d, "ReferringPhysicianName", f"Dahl^{f.given}"),
            lambda d, f: setattr(d, "ImageComments", "supine, 120 kV, 3 series of 12"), lambda d, f: private(d, "OB", bytes(rng.randrange(256) for _ in range(4000))),
            lambda d, f: private(d, "LT", " ".join(str(rng.randrange(10**5)) for _ in range(3000))),
            lambda d, f: setattr(d, "ContentSequence", Sequence([item(TextValue="The patient was examined on 23.11.2026."), item(PersonName="Berg^Anna")]))]


def base(former, identity, original):
    ds = Dataset()
    ds.SpecificCharacterSet = former.charset
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.SOPInstanceUID = "2.25.1001"
    ds.StudyInstanceUID = "2.25.1002"
    ds.SeriesInstanceUID = "2.25.1003"
    ds.StudyDate = "20261123"
    ds.Modality = "OT"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.AccessionNumber = identity
    ds.StudyID = "1"
    if original is not None:
        ds.OriginalAttributesSequence = Sequence([item(ModifiedAttributesSequence=Sequence([item(
            PatientName=original[0], PatientID=original[1], PatientBirthDate=original[2], AccessionNumber=original[3])]))])
        ds.ContributingEquipmentSequence = Sequence([item(Manufacturer="Made for tests")])
        ds.InstanceCoercionDateTime = "20261123100000"
    return ds


def save(ds, path, syntax):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    file = FileDataset(None, ds, file_meta=meta, preamble=bytes(128))
    file.is_little_endian = syntax != ExplicitVRBigEndian
    file.is_implicit_VR = syntax == ImplicitVRLittleEndian
    file.save_as(path, write_like_original=False)


chosen = ("Berg^Anna", "815", "19700515", "B777")
syntaxes = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
order = list(range(len(PLACES) + len(NAMED)))
for number in range(job["exams"]):
    if number % len(order) == 0:
        rng.shuffle(order)
    place = order[number % len(order)]
    while True:
        former = Former()
        syntax = rng.choice(syntaxes)
        if place < len(PLACES):
            keyword, form, text = text_of(former)
            where, put = PLACES[place]
            plant = lambda d: put(d, text, former)
        else:
            where, keyword, named = NAMED[place - len(PLACES)]
            form, text = "whole", ""
            plant = lambda d: named(d, former)
            if where == "a private integer" and not (former.id.isdigit() and int(former.id) < 2**31):
                continue
        try:
            own = (f"{former.family}^{former.given}", former.id, former.birth, former.accession)
            files = {}
            for kind in ("planted", "clean"):
                before, after = base(former, own, None), base(former, chosen, own)
                before.OtherPatientIDs = former.other_id
                for ds in (before, after):
                    if kind == "planted":
                        plant(ds)
                    elif ds is before:
                        HARMLESS[number % len(HARMLESS)](ds, former)
                if kind == "planted" and where == "among other IDs":
                    before.OtherPatientIDs = ["1", former.id]
                if kind == "clean":
                    # The same bytes on both sides, whatever was drawn by chance.
                    for element in before:
                        if element.tag not in after and element.tag != 0x00101000:
                            after[element.tag] = element
                    for tag in (0x00081070, 0x00080090, 0x00204000):
                        if tag in before:
                            after[tag] = before[tag]
                for side, ds in (("before", before), ("after", after)):
                    path = f"{job['folder']}/{number}-{kind}-{side}.dcm"
                    save(ds, path, syntax)
                    files[f"{kind}-{side}"] = path
            break
        except (UnicodeEncodeError, LookupError):
            continue
    print(json.dumps({"number": number, "where": where, "form": form, "keyword": keyword, "text": text, "syntax": str(syntax),
                      "former": dict(zip(("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber"), own)),
                      "chosen": dict(zip(("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber"), chosen)), **files}))
