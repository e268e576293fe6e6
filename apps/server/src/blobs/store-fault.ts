/** The store cannot be used as configured; `message` is one line that says what to do. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
}
