import { expect } from 'chai';
import { SecretValue } from '../../../operator/api/secret-value.ts';
import { connectionSettings } from '../../../operator/stores/database/connection-url.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { failureOf, seenOf } from '../../support/failure.ts';

const settings = (url: string, ca?: string) =>
  connectionSettings(
    SecretValue.fromText(url),
    ca === undefined ? undefined : SecretValue.fromText(ca),
    'Secret db, key url,',
  );

describe('the URL of a database', () => {
  it('names host, port, user, password and database', () => {
    expect(settings('postgresql://us%40er:p%2Fw%3F%C3%9F@db.example:6432/app%20one\n')).to.deep.equal({
      host: 'db.example',
      port: 6432,
      user: 'us@er',
      password: 'p/w?ß',
      database: 'app one',
      ssl: false,
      application_name: 'spark-secrets-operator',
    });
  });

  it('may be short', () => {
    expect(settings('postgres://u@[::1]/d')).to.include({ host: '::1', port: 5432, password: '' });
    expect(settings('postgres://u@h/d?application_name=x&options=-csearch_path%3Dapp')).to.include({
      application_name: 'x',
      options: '-csearch_path=app',
    });
  });

  const modes = {
    disable: false,
    require: { rejectUnauthorized: true, ca: 'PEM' },
    'verify-ca': { rejectUnauthorized: true, ca: 'PEM' },
    'verify-full': { rejectUnauthorized: true, ca: 'PEM' },
    'no-verify': { rejectUnauthorized: false },
  } as const;
  for (const [mode, ssl] of Object.entries(modes)) {
    it(`with sslmode=${mode} ${ssl === false ? 'goes without TLS' : ssl.rejectUnauthorized ? 'checks the certificate' : 'encrypts only'}`, () => {
      expect(settings(`postgresql://u:p@h/d?sslmode=${mode}`, 'PEM').ssl).to.deep.equal(ssl);
    });
  }

  const bad = {
    'no URL': 'hunter2 is no url',
    'the empty string': '',
    'another protocol': 'http://u:hunter2@h/d',
    'a file': 'file:///etc/passwd?hunter2',
    'a socket protocol': 'socket:/var/run/postgresql?db=hunter2',
    'a path': '/var/run/postgresql hunter2',
    "a cloud's credentials": 'postgresql://u:hunter2@169.254.169.254/d',
    'the same in IPv6 form': 'postgresql://u:hunter2@[::ffff:169.254.169.254]/d',
    MySQL: 'mysql://u:hunter2@h/d',
    'a socket as host': 'postgresql://u:hunter2@%2Fvar%2Frun/d',
    'a socket as parameter': 'postgresql://u:hunter2@h/d?host=/var/run/postgresql',
    'a certificate in a file': 'postgresql://u:hunter2@h/d?sslrootcert=/etc/ssl/ca.pem',
    'a client certificate in a file': 'postgresql://u:hunter2@h/d?sslcert=/var/run/secrets/x&sslkey=/var/run/secrets/y',
    'a password file': 'postgresql://u@h/d?passfile=/etc/pgpass&x=hunter2',
    'a service file': 'postgresql://u@h/d?service=hunter2',
    'no host': 'postgresql:///d?x=hunter2',
    'no user': 'postgresql://h/hunter2',
    'no database': 'postgresql://u:hunter2@h',
    'two hosts': 'postgresql://u:hunter2@h1,h2/d',
    'an sslmode that encrypts only when it likes': 'postgresql://u:hunter2@h/d?sslmode=prefer',
    'broken encoding': 'postgresql://u:hunter2%zz@h/d',
    'a zero byte': 'postgresql://u:hunter2%00@h/d',
  };
  for (const [what, url] of Object.entries(bad)) {
    it(`may not be ${what}, and the refusal does not show it`, async () => {
      const error = await failureOf(Promise.resolve().then(() => settings(url)));
      expect(error).to.be.instanceOf(OperatorError).and.to.include({ code: 'CredentialsMissing' });
      expect((error as Error).message).to.include('Secret db, key url,');
      expect(seenOf(error)).not.to.include('hunter2').and.not.include('/var/run').and.not.include('/etc');
    });
  }
});
