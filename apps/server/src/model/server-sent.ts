import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** The server-sent events of a response, as they come: `next` gives all that arrived together, and undefined after the last. */
export function serverSent(response: Response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let arrived: EventSourceMessage[] = [];
  let over = false;
  const parser = createParser({ onEvent: (event) => void arrived.push(event) });
  return {
    async next(): Promise<EventSourceMessage[] | undefined> {
      while (arrived.length === 0) {
        if (over) return undefined;
        const { value } = (await reader?.read()) ?? {};
        over = value === undefined;
        // Some servers leave out the empty line behind their last event.
        parser.feed(value ? decoder.decode(value, { stream: true }) : '\n\n');
      }
      const events = arrived;
      arrived = [];
      return events;
    },
  };
}
