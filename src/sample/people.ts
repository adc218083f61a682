/** Invented people: names, towns and remarks as in a Belgian company's contact file. */
import type { Random } from './random.ts';

const FIRST_NAMES = [
  ...['Marie', 'Jean', 'Luc', 'Anne', 'Nathalie', 'Philippe', 'Patrick', 'Isabelle', 'Éric'],
  ...['Martine', 'Michel', 'Véronique', 'Thomas', 'Julie', 'Nicolas', 'Sophie', 'Kevin', 'Laura'],
  ...['Jan', 'An', 'Peter', 'Els', 'Koen', 'Sofie', 'Wim', 'Inge', 'Bart', 'Griet', 'Tom', 'Lien'],
  ...['Mohamed', 'Fatima', 'Youssef', 'Nadia', 'Zoë', 'Chloé', 'Noé', 'Anaïs', 'Joël', 'Maëlle'],
  ...['François', 'Hélène', 'Jürgen', 'Björn', 'Łukasz', 'Șerban', 'Ana', 'Mehmet', 'Ayşe'],
] as const;

const SURNAMES = [
  ...['Peeters', 'Janssens', 'Maes', 'Jacobs', 'Mertens', 'Willems', 'Claes', 'Goossens'],
  ...['Wouters', 'De Smet', 'Dubois', 'Lambert', 'Dupont', 'Martin', 'Simon', 'Laurent'],
  ...['Leclercq', 'Denis', 'Renard', 'Lefèvre', 'Gérard', 'François', 'Van Damme', 'De Backer'],
  ...['Vandenberghe', "D'Hondt", 'Noël', 'Hubert', 'Aerts', 'Michiels', 'Thijs', 'Müller'],
  ...['El Amrani', 'Yılmaz', 'Nguyễn', 'Kowalski', 'Ionescu', 'Rossi', 'Häusler', 'Van de Velde'],
] as const;

const TOWNS = [
  ...['1000 Bruxelles', '1000 Brussel', '1050 Ixelles', '1030 Schaerbeek', '1180 Uccle'],
  ...['2000 Antwerpen', '2018 Antwerpen', '2300 Turnhout', '2800 Mechelen', '3000 Leuven'],
  ...['3500 Hasselt', '3600 Genk', '4000 Liège', '4020 Liège', '4700 Eupen', '4800 Verviers'],
  ...['5000 Namur', '5300 Andenne', '5500 Dinant', '6000 Charleroi', '6700 Arlon', '7000 Mons'],
  ...['7500 Tournai', '8000 Brugge', '8400 Oostende', '8500 Kortrijk', '9000 Gent', '9300 Aalst'],
  ...['1300 Wavre', '1400 Nivelles', '4130 Esneux', '4500 Huy', '6600 Bastogne', '8900 Ieper'],
] as const;

const REMARKS = [
  'rappeler après 18 h',
  'belt liever niet op vrijdag',
  'client depuis 2012; facture par e-mail',
  'dit "geen interesse" ; later proberen',
  'ne parle pas français\nappeler en néerlandais',
  'a demandé "le catalogue"',
  'verhuisd, zie nieuw adres',
  'kontaktiert über die Webseite',
  'ligne 1\r\nligne 2; fin',
  '""',
  ';',
  'VIP',
] as const;

/** A name, usually of one person, sometimes of a couple. */
export function sampleName(random: Random): string {
  const name = `${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`;
  if (random.chance(0.03)) return `${name}; ${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`;
  return random.chance(0.02) ? name.toUpperCase() : name;
}

/** A postcode and its town. */
export function sampleTown(random: Random): { postcode: string; city: string } {
  const town = random.pick(TOWNS);
  return { postcode: town.slice(0, 4), city: town.slice(5) };
}

/** A remark, usually empty; some contain the separator, quotes or line ends. */
export function sampleRemark(random: Random): string {
  return random.chance(0.15) ? random.pick(REMARKS) : '';
}
