// What a search looks through, by pieces of three letters: found at a million objects as quickly as at a thousand.
//
// The triggers keep it: exam.searchText is the truth. Numbered as the rows of exam.
export const search = `
CREATE VIRTUAL TABLE exam_search USING fts5(text, content = '', contentless_delete = 1, tokenize = 'trigram');
INSERT INTO exam_search (rowid, text) SELECT rowid, searchText FROM exam;
CREATE TRIGGER exam_search_added AFTER INSERT ON exam BEGIN
  INSERT INTO exam_search (rowid, text) VALUES (NEW.rowid, NEW.searchText);
END;
CREATE TRIGGER exam_search_changed AFTER UPDATE OF searchText ON exam WHEN OLD.searchText <> NEW.searchText BEGIN
  DELETE FROM exam_search WHERE rowid = OLD.rowid;
  INSERT INTO exam_search (rowid, text) VALUES (NEW.rowid, NEW.searchText);
END;
CREATE TRIGGER exam_search_removed AFTER DELETE ON exam BEGIN
  DELETE FROM exam_search WHERE rowid = OLD.rowid;
END;
`;
