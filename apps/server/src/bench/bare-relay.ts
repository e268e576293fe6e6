import fastify from 'fastify';
import OpenAI from 'openai';

// The floor of a streamed answer: Fastify passes the question on to the model and every piece of its answer back, and does nothing else.

const model = new OpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: 'none', maxRetries: 0 });
const server = fastify();
server.get<{ Querystring: { q: string } }>('/stream/chat', async (request, reply) => {
  reply.hijack();
  reply.raw.setHeader('content-type', 'text/event-stream; charset=utf-8');
  const chunks = await model.chat.completions.create({
    model: 'scripted',
    messages: [{ role: 'user', content: request.query.q }],
    stream: true,
  });
  for await (const chunk of chunks) {
    const t = chunk.choices[0]?.delta.content;
    if (t) reply.raw.write(`event: token\ndata: ${JSON.stringify({ t })}\n\n`);
  }
  reply.raw.end('event: done\ndata: {}\n\n');
});
process.send!(await server.listen({ host: '127.0.0.1', port: 0 }));
process.once('disconnect', () => process.exit(0));
