// The container's health check: whether the daemon answers and its database with it.
const answer = await fetch(`http://127.0.0.1:${process.env.API_PORT}/health`, {
  signal: AbortSignal.timeout(8000),
}).catch((error) => ({ ok: false, status: error.message }));
if (!answer.ok) process.stderr.write(`Phaze does not answer: ${answer.status}\n`);
process.exit(answer.ok ? 0 : 1);
