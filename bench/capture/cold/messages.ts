/** What the reader's thread is given. */
export interface ReaderData {
  memory: SharedArrayBuffer;
  doorbell: SharedArrayBuffer;
  /** One word: 1 when it is to end. */
  isOver: SharedArrayBuffer;
}
