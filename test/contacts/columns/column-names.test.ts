import { describe, expect, it } from 'vitest';
import {
  isPhoneName,
  saysCountry,
  saysOtherNumber,
  saysPhone,
} from '#tacet/contacts/columns/column-names.js';

const PHONES = `phone|Phone|PHONE NUMBER|phone_number|PhoneNumber|Tel.|Tel|Téléphone|N° téléphone|
  GSM|gsm-nr|Mobile|Telefoonnummer|Numéro de GSM|Telefon|Handy|MSISDN|Portable|E164`;
const SAY_PHONE = `Tel. klant|Tel. verkoper|customer_phone|phone2|Mobile Phone 1|landline|
  Landline (home)|tel_nr|telnr 2|Vast nummer|téléphone fixe|cell|Cell (work)|mob.|whatsapp|numtel|
  homePhone|GSM privé|Téléphone 2`;
const SAY_NO_PHONE = `hotel|Hotel name|intel|motel|cartel|update|candidate|mandate|cancelled|name|
  address|Bestelnummer|id|sell|excel|Aantal`;
const COUNTRIES = `country|Country|COUNTRY_CODE|countryCode|Land|landcode|pays|Code pays|phone_code|
  dial_code|calling code|indicatif|Country of residence|billing country|ISO2`;
const NO_COUNTRIES = `landline|Iceland|island|paysage|landlord|playland|update|county|countryside|
  mainland|phone`;
const OTHERS = `BTW-nummer|btw|TVA|n° TVA|VAT number|vat_no|KBO|BCE|Ondernemingsnummer|
  enterprise number|Numéro d'entreprise|IBAN|BIC|Rekeningnummer|bank account|compte bancaire|date|
  Datum|geboortedatum|date of birth|birthdate|order date|Date de naissance|startDate|zip|ZIP code|
  postcode|Code postal|PLZ|Postal code`;
const NO_OTHERS = `update|updated|candidate|mandate|mandates|sedate|name|nummer|number|contact|
  Vatican|private|phone date|BTW telefoon|tel. zip|company phone number|x|bank|account manager|
  Sunday|payday`;

function names(text: string): string[] {
  return text.split(/\|\s*/);
}

describe('names of columns', () => {
  it.each(names(PHONES))('%j is that of a phone column', (name) => {
    expect([isPhoneName(name), saysPhone(name)]).toEqual([true, true]);
  });

  it.each(names(SAY_PHONE))('%j says telephone, among other words', (name) => {
    expect(saysPhone(name)).toBe(true);
  });

  it.each(names(SAY_NO_PHONE))('%j says nothing of telephones', (name) => {
    expect([isPhoneName(name), saysPhone(name)]).toEqual([false, false]);
  });

  it.each(names(COUNTRIES))('%j says country', (name) => {
    expect(saysCountry(name)).toBe(true);
  });

  it.each(names(NO_COUNTRIES))('%j says no country', (name) => {
    expect(saysCountry(name)).toBe(false);
  });

  it.each(names(OTHERS))('%j says another number', (name) => {
    expect(saysOtherNumber(name)).toBe(true);
  });

  it.each(names(NO_OTHERS))('%j says no other number: its cells are looked up', (name) => {
    expect(saysOtherNumber(name)).toBe(false);
  });
});
