/** How an answer and its reading end once the right to the instrument is gone. */
export const accessRevoked = {
  reason: 'access_revoked',
  code: 'FORBIDDEN',
  notice: 'Your access to this instrument has ended.',
} as const;
