/**
 * What a column's name says about its content, in English and the languages of Belgium. Names only
 * ever add columns to check; the one exception is {@link saysOtherNumber}.
 */

/** A name without accents, in lower case. */
function folded(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Its letters and digits only. */
function compact(name: string): string {
  return folded(name).replace(/[^a-z0-9]/g, '');
}

/** Its words: `PhoneNumber` and `phone_number` have two. */
function wordsOf(name: string): string[] {
  const spaced = name.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2');
  return folded(spaced).match(/[a-z]+|\d+/g) ?? [];
}

/** Names of columns that hold the phone number to dial. */
const PHONE_NAMES = new Set(
  `phone phonenumber phoneno phonenr phonenumbers telephone telephonenumber telephoneno tel telno
   telnr telnumber telnummer telefoon telefoonnummer telefoonnr telefon telefonnummer gsm gsmnummer
   gsmnr gsmnumber numerogsm numerodegsm nogsm numgsm mobile mobilephone mobilenumber
   mobilephonenumber mobiel mobielnummer mobielnr mobil mobilnummer portable numerodetelephone
   numerotelephone numtelephone numtel notel notelephone ntel ntelephone nrtel msisdn cellphone
   cellphonenumber handy handynummer phonee164 e164`.split(/\s+/),
);

const PHONE_PARTS =
  /phone|telef|gsm|mobi|msisdn|handy|portable|whatsapp|(?:^|[^a-z]|num|nr|no)tel(?:$|[^a-z]|n[ro]|num)/;
const PHONE_WORDS = new Set(['cell', 'mob', 'ntel', 'vast', 'landline', 'fixe']);

/** Whether a name is used only for phone columns. */
export function isPhoneName(name: string): boolean {
  return PHONE_NAMES.has(compact(name));
}

/** Whether a name mentions a telephone at all. */
export function saysPhone(name: string): boolean {
  if (isPhoneName(name) || PHONE_PARTS.test(folded(name))) return true;
  return wordsOf(name).some((word) => PHONE_WORDS.has(word));
}

const COUNTRY_NAMES = new Set(
  `country countrycode countryiso countryname isocountry isocountrycode land landcode landkode
   landnummer pays codepays paysiso phonecode phonecountry phonecountrycode telcode dialcode
   dialingcode diallingcode callingcode countrycallingcode countrydialcode countrydialingcode
   countryphonecode isdcode indicatif indicatifpays codeindicatif landesvorwahl laendercode
   landercode landerkennung iso2 iso3166`.split(/\s+/),
);
const COUNTRY_WORDS = new Set(['country', 'pays', 'land', 'countrycode', 'landcode']);

/** Whether a name means a country or its calling code. */
export function saysCountry(name: string): boolean {
  if (COUNTRY_NAMES.has(compact(name))) return true;
  return !saysPhone(name) && wordsOf(name).some((word) => COUNTRY_WORDS.has(word));
}

const ENTERPRISE =
  /(?:^|[^a-z])(?:btw|tva|vat|mwst|kbo|bce|zdu)(?:$|[^a-z]|n[ro]|num)|(?:onderneming|enterprise|entreprise|company|unternehmen)s?[^a-z]*(?:n[ro]?|num\w*)(?:$|[^a-z])|num\w*[^a-z]*(?:d[^a-z]?)?entreprise|ondernemingsn/;
const ACCOUNT =
  /(?:^|[^a-z])(?:iban|bic|bban)(?:$|[^a-z])|(?:^|bank|[^a-z])rekening|bank[^a-z]*(?:account|konto)|compte[^a-z]*bancaire|num\w*[^a-z]*(?:de[^a-z]*)?compte|kontonummer/;
const DATE =
  /(?:^|[^a-z])(?:date|dates|day|dob|datetime|birthday|naissance|geboren)(?:$|[^a-z])|datum(?:$|[^a-z])|birth[^a-z]*date|(?:start|end|order|begin|created)date/;
const POSTAL =
  /(?:^|[^a-z])(?:zip|plz|npa|postcode|postnummer|postleitzahl|zipcode|postal)(?:$|[^a-z])|postal[^a-z]*code|code[^a-z]*postal/;

/**
 * Whether a name means an enterprise or VAT number, bank account, date or postal code, and does not
 * mention telephones: 0475.123.456 may be a company's number.
 */
export function saysOtherNumber(name: string): boolean {
  if (saysPhone(name)) return false;
  const text = folded(name.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2'));
  return [ENTERPRISE, ACCOUNT, DATE, POSTAL].some((pattern) => pattern.test(text));
}
