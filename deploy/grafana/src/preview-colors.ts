/** Colours by the names that dashboards use. */
export const COLORS: Readonly<Record<string, string>> = {
  green: '#299c46',
  'light-green': '#96d98d',
  orange: '#e87722',
  red: '#d1243f',
  blue: '#5794f2',
  purple: '#b877d9',
  text: '#d8d9da',
};
