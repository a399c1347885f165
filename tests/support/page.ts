/** A page of a list, as the API answers it. */
export interface Page<T> {
  items: T[];
  total: number;
  page: number;
  page_size: number;
}
