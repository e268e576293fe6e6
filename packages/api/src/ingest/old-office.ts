/** Word, Excel and PowerPoint before 2007 wrote these first bytes; today's programs do around an encrypted file. */
export const isOldOffice = (head: Uint8Array): boolean =>
  Buffer.from(head.subarray(0, 8)).toString('hex') === 'd0cf11e0a1b11ae1';

/** What to do with such a file. */
export const oldOffice =
  'This is an Office file of the old kind (DOC, XLS, PPT) or protected by a password. Save it as DOCX, XLSX or PPTX without a password and upload that.';
