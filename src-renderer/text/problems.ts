// What each problem is called, what it means and what can be done, keyed by the code of the catalogue. The type
// forces a text for every code. `{param}` stands for a parameter of the problem. docs/problems.md is made from this.
import type { ProblemCode } from '#contract/problems.ts';

export type ProblemText = {
  /** Two or three words for a chip. */
  readonly title: string;
  /** One or two sentences: what happened, what it means, what is safe. */
  readonly explanation: string;
  /** What to do. */
  readonly remedy: string;
};

export const problemTexts: Readonly<Record<ProblemCode, ProblemText>> = {
  'input-invalid': {
    title: 'Not understood',
    explanation: 'The station could not use what was asked: {field} should be {expected}.',
    remedy: 'Put the value right and try again.',
  },
  'too-many-files': {
    title: 'Too many files',
    explanation: 'More than {limit} files at once. None of them was read.',
    remedy: 'Bring them in a folder at a time.',
  },
  'not-found': {
    title: 'No longer here',
    explanation: 'What was asked for is not in this station: {what}.',
    remedy: 'Go back to the list; it shows what is here.',
  },
  'not-allowed': {
    title: 'Not allowed',
    explanation: 'The station does not allow this.',
    remedy: 'Ask whoever looks after this station.',
  },
  'not-here': {
    title: 'Not in this version',
    explanation: 'This station cannot do that yet: {what}.',
    remedy: 'Nothing was changed. If you need it, tell whoever looks after this station.',
  },

  'no-patient-id': {
    title: 'No patient ID',
    explanation: 'Nobody will find these images in the archive.',
    remedy: 'Type the patient ID from the order or the wristband.',
  },
  'no-patient-name': {
    title: 'No patient name',
    explanation: 'The device sent no name. In the archive this exam would belong to nobody.',
    remedy: 'Type family and given name.',
  },
  'two-patients': {
    title: 'Two patients?',
    explanation: 'Images of this exam name different patients: {first} and {second}.',
    remedy: 'Look at the pictures. If it is one patient, choose the right values; if not, split it by patient.',
  },
  'former-patient-value': {
    title: 'From the former patient',
    explanation: 'The order of {second} does not say this: {keyword}. The images say {value}, and they name {first}.',
    remedy: 'Keep it if it is right for this patient, leave it blank, or type what is right.',
  },
  'order-changed': {
    title: 'The hospital changed the order',
    explanation:
      'Since it was given to this exam, the order was changed ({changed}). It now says: {PatientName}, {PatientID}, {PatientBirthDate}, {PatientSex}; accession {AccessionNumber}.',
    remedy: 'Apply the order as it is now, or keep the exam as it is if that is right.',
  },
  'order-cancelled': {
    title: 'Order cancelled',
    explanation: 'The order {AccessionNumber} of {PatientName} was cancelled after it had been given to this exam.',
    remedy: 'Take the order back and choose another one, or keep the exam as it is if it was done anyway.',
  },
  'study-not-adopted': {
    title: 'Leaves under its own study',
    explanation:
      'This station takes the Study Instance UID of the order, but images of another patient ({second}) are here under it. This exam keeps its own.',
    remedy: 'Look whether the other exam or this order belongs to somebody else.',
  },
  'study-of-two-patients': {
    title: 'Two patients in one study',
    explanation: 'This exam of {first} and another one of {second} would leave under one Study Instance UID.',
    remedy: 'Find out which patient is right in both exams, or take the order back from this one.',
  },
  'order-changed-after-send': {
    title: 'The order changed after it left',
    explanation:
      'After images of this exam had left, the hospital changed or cancelled the order {AccessionNumber} of {PatientName}. Nothing was rewritten here.',
    remedy:
      'Ask the hospital which is right. If what left is wrong, type it over in Review: corrected images take its place.',
  },
  'patient-merged': {
    title: 'Two numbers, one patient',
    explanation: 'The hospital merged patient {prior} into {PatientID} ({PatientName}). This exam still bears {prior}.',
    remedy: 'Give the exam to the patient who stays. If it is somebody else’s, correct the patient ID.',
  },
  'patient-updated': {
    title: 'The hospital says otherwise',
    explanation: 'The hospital’s own record of {PatientID} now says: {PatientName}, {PatientBirthDate}, {PatientSex}.',
    remedy: 'Take over what the hospital says, or leave the exam as it is if that is right.',
  },
  'patient-changed-after-send': {
    title: 'Changed after it left',
    explanation:
      'After images of this exam had left, the hospital changed the patient: {prior} is now {PatientID} ({PatientName}). Nothing was rewritten here.',
    remedy: 'The archive hears the same message and changes its own copies. Nothing is to be done at this station.',
  },
  'late-other-patient': {
    title: 'A late image says somebody else',
    explanation: 'The patient of this exam was chosen as {first}. An image that came afterwards says {second}.',
    remedy: 'Look at the late image. Confirm the patient if it is the same person; if not, reject the image.',
  },
  'late-images': {
    title: 'Images came late',
    explanation: 'After the decision of {decidedAt} came {images}, the first at {firstAt}.',
    remedy: 'Look at them. Approve them like the others, or reject what does not belong.',
  },
  'late-undecided': {
    title: 'Late images wait for your word',
    explanation: 'After the correction of {decidedAt} came {images}, the first at {firstAt}.',
    remedy: 'If they are of this patient, make the same decision as before; if not, reject them.',
  },
  'same-decision': {
    title: 'Same correction as before',
    explanation:
      'The correction of {decidedAt} was applied to {images} that came late. It is remembered until {until}.',
    remedy: 'Nothing leaves before you approve. Undo it if they are not of this patient.',
  },
  'unexpected-modality': {
    title: 'Unexpected modality',
    explanation: 'The device sent {found}; it is set up to send {expected}.',
    remedy: 'Look whether the image is from this device. If it is right, change the device under Devices (F7).',
  },
  'placeholder-identity': {
    title: 'No patient typed',
    explanation: '“{value}” is what devices say when nobody typed a patient.',
    remedy: 'Type the real patient.',
  },
  'impossible-date': {
    title: 'Date impossible',
    explanation: '{keyword} says {value}, and there is no such day.',
    remedy: 'Type the right date.',
  },
  'invalid-sex': {
    title: 'Sex unclear',
    explanation: 'The device sent “{value}”, which the archive does not know as a sex.',
    remedy: 'Choose female, male or other.',
  },
  'illegal-value': {
    title: 'Illegal value',
    explanation: '{keyword} is longer than DICOM allows, or has characters that it does not. Some archives refuse it.',
    remedy: 'Type the value again; what the device said is kept inside the image.',
  },
  'undecodable-text': {
    title: 'Unreadable text',
    explanation: '{keyword} was written in another character set than the image says, so it cannot be read.',
    remedy: 'Type the value as it should be.',
  },

  'value-too-long': {
    title: 'Too long',
    explanation: '{keyword} holds {limit} characters at most.',
    remedy: 'Shorten it.',
  },
  'value-not-allowed': {
    title: 'Not allowed here',
    explanation: '{keyword} must be {expected}.',
    remedy: 'Type it in that form.',
  },
  'attribute-not-correctable': {
    title: 'Cannot be changed',
    explanation: '{keyword} cannot be changed here.',
    remedy: 'Leave it as the device said.',
  },

  'not-dicom': {
    title: 'Not an image we know',
    explanation: '{name} is neither DICOM nor a picture that can become DICOM.',
    remedy: 'Choose another file. Nothing was kept.',
  },
  truncated: {
    title: 'Cut off',
    explanation: '{name} ends early: {found} bytes are there, {expected} were announced.',
    remedy: 'Send it again from the device if you can. What came is kept.',
  },
  'unreadable-header': {
    title: 'Header damaged',
    explanation: '{name} cannot be read past byte {offset}.',
    remedy: 'Send it again from the device. What came is kept as it is.',
  },
  'odd-structure': {
    title: 'Oddly written',
    explanation: 'The file is not written as the standard asks: {what}. It was kept byte for byte.',
    remedy: 'Look at the pictures and the header before approving. Tell the maker of the device.',
  },
  'header-too-large': {
    title: 'Header too large',
    explanation: '{name} has a header larger than {limit} bytes.',
    remedy: 'Ask the maker of the device. It was not taken in.',
  },
  'illegal-uid': {
    title: 'Bad identifier',
    explanation: '{keyword} is not a legal identifier. Some archives refuse it.',
    remedy:
      'Nothing to do: it leaves under a new one, and what comes later gets the same. Tell the maker of the device.',
  },
  'missing-uid': {
    title: 'Identifier missing',
    explanation: '{keyword} is missing, so the image cannot be told from others.',
    remedy: 'Look whether it belongs to this exam. It leaves under an identifier that this station gives.',
  },
  'uid-mismatch': {
    title: 'Identifiers disagree',
    explanation: '{keyword} says one thing in the label of the file and another in the image. The image counts.',
    remedy: 'Look at the image. Take it as it is, give it a new identifier, or reject it.',
  },
  'announced-otherwise': {
    title: 'Announced as another image',
    explanation:
      'The device announced another {keyword} than the image has. The image is kept and does not leave by itself.',
    remedy: 'Look at the image. Take it as it is, give it a new identifier, or reject it.',
  },
  'same-uid-being-compared': {
    title: 'Being compared',
    explanation: 'An image came under an identifier that another one bears. Both are kept while they are compared.',
    remedy: 'Nothing to do for a moment.',
  },
  'same-uid-other-content': {
    title: 'Same UID, different picture',
    explanation: 'Two images came under one identifier and are not the same picture. Both are kept here.',
    remedy: 'Look at both: keep the first, use the second, or keep both under two identifiers.',
  },
  'same-uid-other-values': {
    title: 'Same picture, other data',
    explanation: 'An image came again with the same picture and other data. Both are kept here.',
    remedy: 'See what differs: keep the first, use the second, or keep both under two identifiers.',
  },
  'same-uid-other-patient': {
    title: 'Same UID, other patient',
    explanation: 'Two images came under one identifier and name different patients. Both are kept here.',
    remedy: 'Find out whose it is. Keep the right one, or both under two identifiers.',
  },
  'same-uid-elsewhere': {
    title: 'Same UID in another series',
    explanation: 'Another series or exam holds an image under this identifier. An archive would keep only one of them.',
    remedy: 'Give this one a new identifier, or reject it.',
  },
  'first-has-left': {
    title: 'The first has left',
    explanation: 'The first image is approved under this identifier; no other may leave under it.',
    remedy: 'Keep the first, or keep both: the second gets a new identifier.',
  },
  'other-patient': {
    title: 'Another patient',
    explanation: 'The images are of {first}, the exam they would go to is of {second}.',
    remedy: 'Choose another exam, or say that they are images of {second}.',
  },
  'target-names-nobody': {
    title: 'Nobody to follow',
    explanation: 'The exam they would go to names no patient, so the images cannot take on its identity.',
    remedy: 'Give that exam its name and ID first.',
  },
  'rearrange-after-release': {
    title: 'Has left',
    explanation: 'At least one of these images may be at a destination already, under the UIDs it has now.',
    remedy: 'Correct it after release, or reject it: who has it is told by a rejection note.',
  },
  'rearranged-since': {
    title: 'Moved on since',
    explanation: 'Something was done with these images afterwards.',
    remedy: 'Undo that first; the history of the exam names it.',
  },
  'late-rearranged': {
    title: 'Late, and the exam was divided',
    explanation: 'This image came after its exam had been divided, and nothing in it says which part it belongs to.',
    remedy: 'Move it where it belongs, or say that it stays here.',
  },
  'late-corrected': {
    title: 'Late, its exam was corrected',
    explanation:
      'This image came after the images of its exam had left and were corrected: they are of {patient}. It still says what they said.',
    remedy: 'Give it to {patient} too, or say that it stays here.',
  },
  'late-followed': {
    title: 'Late image followed',
    explanation: 'This image came late and went where the rest of its series had been put, {decidedAt}.',
    remedy: 'Look at it before you approve. Undo stands in the history.',
  },
  'refers-elsewhere': {
    title: 'Refers to another exam',
    explanation: '{references} references of this object lead to images that are in another exam now.',
    remedy: 'They are written with the new identifiers. Move the object if it belongs there.',
  },
  'private-reference': {
    title: 'References in private data',
    explanation: '{references} identifiers in private data of this object are those from before the images were moved.',
    remedy: 'They stay as they are: only the maker knows what they mean.',
  },
  'executable-preamble': {
    title: 'Hidden program',
    explanation: 'The file begins like a program ({kind}). It leaves with that part emptied.',
    remedy: 'Tell the administrator where it came from.',
  },
  'no-file-meta': {
    title: 'File without its label',
    explanation: '{name} came without the usual file header. It was read all the same.',
    remedy: 'Nothing to do.',
  },
  'unsupported-file': {
    title: 'Kind not supported',
    explanation: '{name} is {found}, which this station does not take in.',
    remedy: 'Export it as DICOM, JPEG or PNG and try again.',
  },
  'path-refused': {
    title: 'Outside the folder',
    explanation: '{name} points out of what was chosen, so it was not read.',
    remedy: 'Choose the file itself.',
  },
  'picture-undecodable': {
    title: 'Picture cannot be drawn',
    explanation: 'The picture cannot be shown here: {reason}. The bytes are kept and can leave as they are.',
    remedy: 'Look at it on the device before you approve.',
  },
  'geometry-lies': {
    title: 'Picture size is wrong',
    explanation: 'The image says {expected} bytes of picture but has {found}.',
    remedy: 'Look closely; send it again from the device if it is incomplete.',
  },
  'digest-mismatch': {
    title: 'Bytes changed on disk',
    explanation: 'An image on this station’s disk is not what was received. It will not leave.',
    remedy: 'Have the disk looked at, and send the image again from the device.',
  },
  'object-file-missing': {
    title: 'File missing',
    explanation: 'An image that was received is not on this station’s disk.',
    remedy: 'Have the disk looked at, and send the image again from the device.',
  },

  'nothing-to-approve': {
    title: 'Nothing to approve',
    explanation: 'Every image of this exam is rejected or already approved.',
    remedy: 'Keep an image first if it is to leave.',
  },
  'still-arriving': {
    title: 'Still arriving',
    explanation:
      'The device sent an image a moment ago. The exam counts as complete {seconds} seconds after the last one.',
    remedy: 'Wait a moment and approve again.',
  },
  'changed-meanwhile': {
    title: 'Something came meanwhile',
    explanation: 'The screen showed {shown} images of this exam; there are {now} now. Nothing was decided.',
    remedy: 'Look at what is new, then do it again.',
  },
  'route-changed-meanwhile': {
    title: 'It would go elsewhere now',
    explanation: 'By the rules of now this exam goes to other places than the screen said. Nothing was sent.',
    remedy: 'Look at where it goes now, then approve again.',
  },
  'identity-changed-meanwhile': {
    title: 'The patient is another one now',
    explanation: 'The screen showed {shown}; the exam says {now} now. Nothing was approved.',
    remedy: 'Look at who it is and at the pictures, then approve again.',
  },
  'second-identifier-missing': {
    title: 'Who is it? One more proof',
    explanation: 'The patient is another one than the device had said, and only one key was pressed for it.',
    remedy: 'Type the birth date or the patient ID, or scan the wristband. Then approve.',
  },
  'already-approved': {
    title: 'Already approved',
    explanation: 'Images of this exam have been approved and are leaving or have left.',
    remedy: 'Correct it after release: corrected images take the place of what was sent, and who has it is told.',
  },
  held: {
    title: 'Held',
    explanation: 'This exam was put aside by {by}.',
    remedy: 'Take it back with Hold before you approve.',
  },
  'correction-impossible': {
    title: 'Cannot be corrected',
    explanation: 'An image cannot be corrected safely: {reason}. It stays as it was received.',
    remedy: 'Reject that image, or send it again from the device.',
  },
  'verification-failed': {
    title: 'Check before leaving failed',
    explanation: 'A former value of {keyword} is still found in an image ({where}). It did not leave.',
    remedy: 'Reject that image and tell the administrator.',
  },
  'nothing-released': {
    title: 'Nothing has been approved',
    explanation: 'No image of this exam has been approved, or all that were are rejected since.',
    remedy: 'Correct it in the form and approve it as usual.',
  },
  'released-under-another': {
    title: 'Sent under another patient',
    explanation:
      'Images of this study were sent as {first}. As {second} the corrected ones would be two patients in one study.',
    remedy: 'Pick the corrected images, split them off to an exam of their own (Y), and correct them there.',
  },
  'after-release-told': {
    title: 'Told already',
    explanation: 'A destination has been told, or may have been told, that what was sent must not be used.',
    remedy: 'It cannot be taken back. Approve the corrected images, or reject them.',
  },
  'device-rejects': {
    title: 'The device takes images back',
    explanation: '{device} says that {of} images must not be used: {title}. {cause} {text} Of them here: {images}.',
    remedy: 'Follow it and they are rejected here, or dismiss it and they stay. The note itself does not leave.',
  },
  'rejected-earlier': {
    title: 'Rejected earlier',
    explanation: 'An image that was rejected came again. It does not leave by itself.',
    remedy: 'Reject it again, or use it on purpose.',
  },
  'reason-unknown': {
    title: 'Reason unknown',
    explanation: '“{reason}” is not a reason for a rejection.',
    remedy: 'Choose one of the list.',
  },
  'images-not-accepted': {
    title: 'Not every image is accepted',
    explanation: '{left} of {images} images still wait for your word. Here every image is accepted before it leaves.',
    remedy: 'Accept the images, or reject those that must not leave.',
  },
  'markup-of-rejected': {
    title: 'This image is rejected',
    explanation: 'What is drawn on a rejected image is not kept, because the image does not leave.',
    remedy: 'Take the rejection back first if the image is to leave.',
  },
  'replaced-by-derived': {
    title: 'Another one leaves instead',
    explanation: 'This picture stays here, because a cropped or blackened one of it leaves with the exam.',
    remedy: 'Nothing is to be done. It is kept here as rejected images are.',
  },
  'markup-cannot-leave': {
    title: 'What was drawn cannot leave',
    explanation: 'What was chosen or drawn on an image cannot be written into what leaves: {reason}.',
    remedy: 'Take it back on that image, or reject the image.',
  },
  'no-destination': {
    title: 'Nowhere to send',
    explanation: 'No destination is set up, so an approved exam could not leave.',
    remedy: 'Add the archive in Setup (F8), and test it there.',
  },
  'no-route': {
    title: 'No rule sends this exam on',
    explanation: 'None of the rules in Setup matches this exam, so it would not leave.',
    remedy: 'Add a rule for it, or one for everything else, in Setup. Until then it stays here, undecided.',
  },
  'route-not-ready': {
    title: 'Destination not there yet',
    explanation: 'The rules want this exam at {destination}, which is not set up, or is being set up at this moment.',
    remedy: 'Wait a moment; if it stays, look at the rules in Setup.',
  },

  'no-room': {
    title: 'Disk almost full',
    explanation:
      '{freeBytes} are free and {neededBytes} are needed. New images are refused until there is room; the devices keep them.',
    remedy:
      'Approve what waits: sending goes on and makes room. If that is not enough, call whoever looks after this station; Setup, Room on this disk, says what may go.',
  },
  'room-short': {
    title: 'Room is getting short',
    explanation:
      '{freeBytes} are free. Exams that are proved at every required destination are removed from here sooner.',
    remedy: 'See Setup, Room on this disk, for what may go; free room, or let exams be approved and sent.',
  },
  'only-at-destination': {
    title: 'No longer on this disk',
    explanation: 'This image was removed from here ({goneAt}), after {destinations} had proved to hold it.',
    remedy: 'Look at it there. To correct or reject it, have it sent here again: then it is kept again.',
  },
  'no-longer-here': {
    title: 'No longer on this disk',
    explanation: 'This rejected image was removed ({goneAt}): its time for analysis was over.',
    remedy: 'When the device still has it, it can send it again.',
  },
  'disk-failed': {
    title: 'Disk failed',
    explanation:
      'The disk did not do what it was asked ({operation}). What was acknowledged before is safe; new images are refused.',
    remedy: 'Call whoever looks after this station now. Keep the images on the devices until the disk is well.',
  },
  'home-in-use': {
    title: 'Already running',
    explanation: 'Another Safelight works in this folder: {home}.',
    remedy: 'Use the one that runs, or close it first.',
  },
  'book-too-new': {
    title: 'Newer data',
    explanation: 'The data were written by a newer version ({found}; this one knows {known}).',
    remedy: 'Start the newer version. Nothing was changed; whoever looks after this station knows where it is.',
  },
  'book-damaged': {
    title: 'Catalog damaged',
    explanation: 'The catalog ({book}) cannot be read. The images themselves are untouched.',
    remedy:
      'Call whoever looks after this station. “npm run station -- --home DIR --rebuild” makes the catalog anew from its last snapshot, its journal and the images; the damaged one is kept in lost+found.',
  },
  'settings-invalid': {
    title: 'Setting not valid',
    explanation: '{field} should be {expected}.',
    remedy: 'Put it right and save again.',
  },
  'port-in-use': {
    title: 'Port taken',
    explanation: 'Another program listens on port {port}. Devices cannot reach this station.',
    remedy: 'Choose another port in Setup, or end the other program.',
  },
  'listener-down': {
    title: 'Not listening',
    explanation: 'The station does not listen on port {port}. Devices keep their images and try again.',
    remedy: 'It is tried again by itself. If it stays, restart the station.',
  },
  'messages-listener-down': {
    title: 'Not listening for messages',
    explanation:
      'The station does not listen on port {port} for HL7. The hospital’s systems keep their messages; orders may be missing here.',
    remedy: 'It is tried again by itself. If it stays, look at “Messages of the hospital” in Setup.',
  },
  'worklist-silent': {
    title: 'A worklist does not answer',
    explanation: '{worklist} does not answer. Its last list stays here and says how old it is; new orders are missing.',
    remedy: 'It is asked again by itself. Orders (F5) shows since when; Setup has a test.',
  },
  'new-device': {
    title: 'New device',
    explanation: '{aeTitle} at {address} wanted to send and was turned away, because nobody has decided about it.',
    remedy: 'Allow, ignore or block it in the Inbox (F2) or under Devices (F7); then it can send again.',
  },
  'wrong-called-ae': {
    title: 'Called by another name',
    explanation: 'A device called {called}; this station is {expected}. It was turned away.',
    remedy: 'Put the name right on the device.',
  },
  'too-many-associations': {
    title: 'Too many at once',
    explanation: 'More than {limit} connections at a time. Devices try again by themselves.',
    remedy: 'Nothing to do, unless it lasts.',
  },
  internal: {
    title: 'A fault of ours',
    explanation: 'Something in the station was not as it should be. What was acknowledged is safe.',
    remedy: 'Try once more. If it comes again, report incident {incident}.',
  },

  'certificate-unreadable': {
    title: 'Certificate not readable',
    explanation: 'The file {file} ({field}) cannot be read, or holds no certificate.',
    remedy: 'Name a PEM or DER file that this station may read. What was in use before stays in use.',
  },
  'certificate-too-weak': {
    title: 'Certificate too weak',
    explanation: 'A certificate in {file} ({field}) has a key or a signature that is no longer safe enough to be used.',
    remedy: 'Have it issued anew: RSA with 2048 bits or more, or an elliptic curve, signed with SHA-256.',
  },
  'key-unreadable': {
    title: 'Key not readable',
    explanation: 'The key {file} ({field}) cannot be read, or its passphrase is missing or wrong.',
    remedy:
      'Name a PEM file that this station may read. A passphrase belongs into a file of its own or into SAFELIGHT_TLS_PASSPHRASE.',
  },
  'secret-unreadable': {
    title: 'Password or token not readable',
    explanation: 'There is no password or token to be read in {place} ({field}).',
    remedy: 'Put it into the first line of a file that this station may read, or into the variable of its environment.',
  },
  'key-does-not-match': {
    title: 'Key of another certificate',
    explanation: 'The key {file} ({field}) does not belong to the certificate that is named beside it.',
    remedy: 'Name the key that the certificate was issued for.',
  },
  'secure-listener-down': {
    title: 'Not listening over TLS',
    explanation: 'The station does not listen on port {port} for TLS. The port without TLS is not affected.',
    remedy: 'It is tried again by itself. If it stays, look at the TLS settings in Setup.',
  },
  'certificate-expires': {
    title: 'A certificate runs out',
    explanation: '{whose} ({subject}) is good for {days} more. After that no connection over TLS comes about with it.',
    remedy: 'Have it renewed and put the new file in the place of the old one; it is taken up by itself.',
  },
  'certificate-expired': {
    title: 'A certificate has run out',
    explanation: '{whose} ({subject}) ran out {days} ago. Connections over TLS that need it are refused.',
    remedy: 'Have it renewed now and put the new file in the place of the old one; it is taken up by itself.',
  },

  'destination-unreachable': {
    title: 'No answer',
    explanation: '{destination} does not answer: {answer}. Its copies wait here and leave by themselves.',
    remedy: 'Nothing to do for your exams. Someone should look at {destination}.',
  },
  'destination-refuses': {
    title: 'Turned away',
    explanation: '{destination} does not let this station in: {answer}. Its queue is kept.',
    remedy: 'Have the AE title and address of this station entered at {destination}, then test it in Setup.',
  },
  'object-refused': {
    title: 'Image refused',
    explanation: '{destination} cannot take an image: {comment} ({status}). Everything else goes on.',
    remedy:
      'Try it once more in the Outbox (R). If it is refused again, have it put right at {destination}, send it elsewhere (G), or cancel it with a reason (C).',
  },
  'class-not-accepted': {
    title: 'Kind of image refused',
    explanation: '{destination} does not take this kind of image ({sopClass}).',
    remedy:
      'Ask those who run {destination} to allow it, then try it again in the Outbox (R), or send it elsewhere (G).',
  },
  'syntax-not-accepted': {
    title: 'Encoding refused',
    explanation: '{destination} does not take this encoding ({transferSyntax}).',
    remedy:
      'Ask those who run {destination} to allow it, then try it again in the Outbox (R), or send it elsewhere (G).',
  },
  'not-confirmed': {
    title: 'Not proved yet',
    explanation:
      '{destination} took the images but has not said that it keeps them. The copies stay here and it is asked again.',
    remedy: 'Nothing to do. If it lasts for hours, ask those who run {destination}.',
  },
  'delivery-not-waiting': {
    title: 'Already on its way',
    explanation: 'That delivery is {state}, so it cannot be changed now.',
    remedy: 'Look again in a moment.',
  },
};
