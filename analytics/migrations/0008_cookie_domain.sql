-- Domain of the identity cookie that the edge renews for a source's pages; '' for the host alone, NULL for no cookie.
ALTER TABLE source ADD COLUMN cookie_domain TEXT;
