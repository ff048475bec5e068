// What the book learns about how a destination confirms.
export const confirmation = `
-- What was said against an object in answer to this request (PS3.3 C.14.1.1): a yes to an older one counts no more.
ALTER TABLE commitment_item ADD COLUMN failureReason INTEGER;
CREATE INDEX commitment_item_delivery ON commitment_item (deliveryId);
`;
