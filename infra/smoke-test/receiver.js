import { createServer } from 'node:http';

/** Takes deliveries (POST) and gives what it was sent (GET): an array of `{headers, body}`. */
const deliveries = [];

createServer(async (req, res) => {
  if (req.method === 'GET') {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(deliveries));
    return;
  }
  const chunks = await req.toArray();
  deliveries.push({ headers: req.headers, body: Buffer.concat(chunks).toString() });
  res.end();
}).listen(9085);
