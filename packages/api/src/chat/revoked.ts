/** How an answer and its reading end once the right to the instrument is gone. */
export const accessRevoked = {
  reason: 'access_revoked',
  code: 'FORBIDDEN',
  notice: 'Your access to this instrument has ended.',
} as const;

/** How the reading ends of whoever came by a session or token that is gone; the answer goes on. */
export const signedOut = {
  reason: 'access_revoked',
  code: 'UNAUTHENTICATED',
  notice: 'You were signed out, or your API token was revoked.',
} as const;
