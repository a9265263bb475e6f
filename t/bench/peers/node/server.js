/* SPDX-License-Identifier: Apache-2.0 */
/* server.js memory|sqlite FOLDER OWN PORT: POST /match by fastify. */
import fastify from 'fastify';

import { FOLLOWED, answer } from './answer.js';
import { readWorld } from './prepare.js';
import { Search } from './rule.js';

const [, , kind, folder, own, port] = process.argv;

const flag = { type: 'boolean' };
const degrees = { type: 'number' };
const body = {
    type: 'object', required: ['age'], additionalProperties: false,
    properties: {
        commune: { type: 'string', pattern: '^[0-9AB]{5}$' },
        point: { type: 'object', required: ['lat', 'lon'],
            properties: { lat: degrees, lon: degrees } },
        age: { type: 'integer', minimum: 0, maximum: 130 },
        ald: flag, precarity: flag, home_visit: flag,
        teleconsultation: flag, accessible: flag, followed: flag,
        languages: { type: 'array', maxItems: 5, items: { type: 'string' } },
        sex: { enum: ['F', 'M'] },
        household: { type: 'integer', minimum: 1, maximum: 10 },
    },
    oneOf: [{ required: ['commune'] },
            { required: ['point'], not: { required: ['home_visit'] } }],
};

async function open() {
    const world = readWorld(folder);
    if (kind === 'memory') {
        const { MemoryStore } = await import('./memory.js');
        return { store: new MemoryStore(world), config: world.config };
    }
    const { SqliteStore, load } = await import('./sqlite.js');
    load(`${own}/peer.db`, world);
    return { store: new SqliteStore(`${own}/peer.db`, world.config),
             config: world.config };
}

const { store, config } = await open();
const search = new Search(store, config);
const app = fastify({ ajv: { customOptions: { removeAdditional: false,
    coerceTypes: false } } });

app.post('/match', { schema: { body } }, (request, reply) => {
    const need = request.body;
    const from = need.point ?? store.commune(need.commune);
    if (!from) {
        reply.code(422).send({ code: 'unknown_commune' });
        return;
    }
    reply.header('content-type', 'application/json');
    reply.header('cache-control', 'no-store');
    reply.send(need.followed ? FOLLOWED
        : answer(search.run(from, need), need, store, config));
});

process.on('SIGTERM', () => process.exit(0));
await app.listen({ host: '127.0.0.1', port: Number(port) });
