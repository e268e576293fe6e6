import ipaddr from 'ipaddr.js';

/** Answers over the wire of one cloud's virtual network although it looks public: metadata and DNS of Azure's hosts. */
const notPublic = ipaddr.parse('168.63.129.16').toString();
const globalUnicast = ipaddr.IPv6.parse('2000::');

/**
 * Whether a connection to this address, as a resolver gives it, may be opened: public unicast only. An IPv6 address that carries an IPv4 one
 * (mapped, compatible, NAT64, 6to4, Teredo) is never public. With `loopback` this very machine is allowed too, and nothing else.
 */
export function isReachable(address: string, { loopback }: { loopback: boolean }): boolean {
  // Not `isValid` alone: it takes octal and hexadecimal parts, which others read as decimal.
  const known = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  if (!known) return false;
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === 'loopback') return loopback;
  if (range !== 'unicast' || parsed.toString() === notPublic) return false;
  return !(parsed instanceof ipaddr.IPv6) || (parsed.zoneId === undefined && parsed.match(globalUnicast, 3));
}

/** Whether this address is the machine's own. */
export const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';
