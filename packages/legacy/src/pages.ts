import { mostSources } from '@rayni/contract';

const usualPerPage = 100;

/** The page asked for, counted from 1; a bare list that nobody asked to be paged is whole, in one statement. */
export function pageOf(sent: { page?: number | undefined; page_size?: number | undefined }) {
  const paged = sent.page !== undefined || sent.page_size !== undefined;
  const pageSize = paged ? (sent.page_size ?? usualPerPage) : mostSources;
  return { page: sent.page ?? 1, pageSize: Math.min(pageSize, mostSources) };
}

/** `X-Total-Count`, and `Link` to the neighbouring pages. */
export function pageHeaders(
  { total }: { total: number },
  { page, pageSize }: ReturnType<typeof pageOf>,
  url: URL,
): Record<string, string> {
  const links = [
    { rel: 'next', to: page + 1, there: page * pageSize < total },
    { rel: 'prev', to: page - 1, there: page > 1 },
  ].filter((link) => link.there);
  const addressOf = (to: number) => {
    const address = new URL(url);
    address.searchParams.set('page', String(to));
    address.searchParams.set('page_size', String(pageSize));
    return address.href;
  };
  return {
    'x-total-count': String(total),
    ...(links.length > 0 && {
      link: links.map((link) => `<${addressOf(link.to)}>; rel="${link.rel}"`).join(', '),
    }),
  };
}
