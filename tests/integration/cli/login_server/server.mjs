// An authorization server where people log in: node server.mjs PORT SECONDS
//
// Access tokens are JWTs for the resource `urn:pierone` and last SECONDS; any name and password will do.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, seconds] = process.argv.slice(2).map(Number);
const key = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  use: 'sig', alg: 'ES256', kid: 'the key',
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key] },
  cookies: { keys: ['a key for cookies'] },
  scopes: ['openid', 'offline_access', 'uid'],
  clients: [{
    client_id: 'pierone', token_endpoint_auth_method: 'none', application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback'], response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    id_token_signed_response_alg: 'ES256',
  }],
  extraTokenClaims: () => ({ groups: ['myteam'] }),
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'uid', audience: 'urn:pierone', accessTokenTTL: seconds, accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

provider.listen(port, '127.0.0.1');
