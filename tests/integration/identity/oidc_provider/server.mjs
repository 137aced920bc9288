// An authorization server for tests: node server.mjs PORT CONFIGURATION
//
// Each start makes a new signing key, so a restart is a key rotation. What kind of token a client gets depends on the
// resource that it asks for: `urn:<audience>[:jwt][:short]`.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const { clients, users, scopes } = JSON.parse(process.argv[3]);
const USER_GRANT = 'urn:pierone:test:user';

const key = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  use: 'sig', alg: 'ES256', kid: randomUUID(),
};

const resourceServer = (resource) => ({
  scope: scopes.join(' '),
  audience: `urn:${resource.split(':')[1]}`,
  accessTokenTTL: resource.endsWith(':short') ? 1 : 300,
  accessTokenFormat: resource.includes(':jwt') ? 'jwt' : 'opaque',
  jwt: { sign: { alg: 'ES256' } },
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key] },
  scopes: ['openid', 'offline_access', ...scopes],
  clientDefaults: { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'client_secret_basic' },
  clients: Object.entries(clients).map(([client_id, client_secret]) => ({
    client_id, client_secret, scope: scopes.join(' '),
    grant_types: ['client_credentials', USER_GRANT], redirect_uris: [], response_types: [],
  })),
  extraTokenClaims: (ctx, token) => users[token.accountId],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (ctx, client) => client.clientId === 'pierone' },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (ctx, resource) => resourceServer(resource),
    },
  },
});

// What a login in a browser would end with.
provider.registerGrantType(USER_GRANT, async (ctx) => {
  const { client, params } = ctx.oidc;
  const { audience, accessTokenFormat, accessTokenTTL, jwt, scope } = resourceServer(params.resource);
  const token = new provider.AccessToken({ client, accountId: params.username, gty: USER_GRANT, scope: 'openid' });
  token.resourceServer = new provider.ResourceServer(params.resource, {
    audience, accessTokenFormat, accessTokenTTL, jwt, scope,
  });
  ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: 'Bearer' };
}, ['username', 'resource']);

provider.listen(port, '127.0.0.1');
