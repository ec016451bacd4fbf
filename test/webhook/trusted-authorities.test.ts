import { expect } from 'chai';
import { CERTIFICATE_TIMES } from '../../operator/webhook/certificate-times.ts';
import type { Certificate } from '../../operator/webhook/certificate-view.ts';
import { createAuthority, createServing } from '../../operator/webhook/certificates.ts';
import { trustedAuthorities } from '../../operator/webhook/trusted-authorities.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const { authorityLifeMs, backdateMs, retireMs } = CERTIFICATE_TIMES;
const after = (ms: number): Date => new Date(NOW.getTime() + ms);

describe('whom to trust', () => {
  let certificate: Certificate;
  let own: string;
  let before: string;

  beforeEach(async () => {
    const [authority, former] = await Promise.all([createAuthority(NOW), createAuthority(NOW)]);
    const { cert, key } = await createServing(authority, ['a.b.svc'], NOW);
    [own, before] = [authority.cert, former.cert];
    certificate = { chain: cert, key, authorities: [own] };
  });

  it('is who signs, and who was trusted before until the certificate is a day old', () => {
    const until = after(retireMs - backdateMs);
    expect(trustedAuthorities(certificate, [before], NOW)).to.deep.equal({ authorities: [own, before], until });
    expect(trustedAuthorities(certificate, [before], after(retireMs - backdateMs - 1)).authorities).to.include(before);
    expect(trustedAuthorities(certificate, [before], until)).to.deep.equal({ authorities: [own], until: undefined });
  });

  it('is each once', () => {
    expect(trustedAuthorities(certificate, [own], NOW)).to.deep.equal({ authorities: [own], until: undefined });
  });

  it('is nobody whose time is over', async () => {
    const ended = await createAuthority(after(-authorityLifeMs));
    expect(trustedAuthorities(certificate, [ended.cert, before], NOW).authorities).to.deep.equal([own, before]);
  });

  it('is no crowd: four of those before at most', async () => {
    const many = await Promise.all(Array.from({ length: 6 }, () => createAuthority(NOW)));
    const all = many.map(({ cert }) => cert);
    expect(trustedAuthorities(certificate, all, NOW).authorities).to.deep.equal([own, ...all.slice(0, 4)]);
  });
});
