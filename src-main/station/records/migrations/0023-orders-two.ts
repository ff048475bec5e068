// The Study Instance UID under which a revision leaves: that of its order, where the site wants it, and the exam's else;
// and orders that several sources speak of.
//
// '' for revisions that were made before: they left under that of their exam.
export const ordersTwo = `
ALTER TABLE revision ADD COLUMN StudyInstanceUID TEXT NOT NULL DEFAULT '';
CREATE INDEX revision_study ON revision (StudyInstanceUID) WHERE StudyInstanceUID <> '';
-- Exams that leave under the study of their order.
CREATE INDEX applied_order_study ON applied_order (StudyInstanceUID) WHERE StudyInstanceUID <> '';

-- Of one order that several sources speak of, one word stands for all of them: its id; NULL for itself.
ALTER TABLE hospital_order ADD COLUMN sameAs TEXT;
CREATE INDEX hospital_order_same ON hospital_order (sameAs) WHERE sameAs IS NOT NULL;
`;
