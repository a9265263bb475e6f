/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of sheets: filtered, counted, put into an order, a page at a time. */

#include <stdlib.h>
#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>
#include <jansson.h>

#include "core/text.h"
#include "store/sheet_rows.h"

const char *const cpts_sheet_order_words[]
    = { "created", "name", "oldest", NULL };

/* --- what is listed */

/* Each word of a folded text as one element of a JSON array. */
static const char *words_of(const char *search, apr_pool_t *pool)
{
    json_t *array = json_array();
    char *rest = apr_pstrdup(pool, search);
    char *word, *last, *dump;
    const char *copy;

    for (word = apr_strtok(rest, " ", &last); word;
         word = apr_strtok(NULL, " ", &last)) {
        if (json_array_append_new(array, json_string(word)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    dump = json_dumps(array, JSON_COMPACT);
    copy = dump ? apr_pstrdup(pool, dump) : NULL;
    free(dump);
    json_decref(array);
    return copy;
}

/* The words of the filter: NULL without any. */
static cpts_db_e read_words(const char **words, cpts_db_t *db,
                            const cpts_sheet_filter_t *filter,
                            apr_pool_t *pool)
{
    *words = filter->search ? words_of(filter->search, pool) : NULL;
    if (filter->search && !*words) {
        cpts_db_explain(db, "the words to search for are no JSON");
        return CPTS_DB_ERROR;
    }
    return CPTS_DB_OK;
}

cpts_db_e cpts_sheet_count(int64_t *count, cpts_db_t *db,
                           const cpts_sheet_filter_t *filter, apr_pool_t *pool)
{
    const char *words;
    cpts_db_e rc = read_words(&words, db, filter, pool);

    return rc == CPTS_DB_OK
               ? cpts_db_number(count, db, CPTS_SQL_SHEET_COUNT_LISTED,
                                "ssisss", filter->state, filter->commune,
                                filter->stale,
                                cpts_day_string(pool, filter->fresh_since),
                                words, cpts_day_string(pool, filter->today))
               : rc;
}

static cpts_db_e list_by_id(cpts_db_t *db, const cpts_sheet_filter_t *filter,
                            const char *words, cpts_sheet_row_fn *fn,
                            void *baton, apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_begin(
        db, CPTS_SQL_SHEET_LIST, "ssisssli", filter->state, filter->commune,
        filter->stale, cpts_day_string(pool, filter->fresh_since), words,
        cpts_day_string(pool, filter->today), filter->after, filter->limit);

    return rc == CPTS_DB_OK ? cpts_sheet_rows(db, fn, NULL, baton, pool) : rc;
}

/* --- an order of its own */

/* "Paul Mésange" is found under M: the last word sorts best, then all. */
const char *cpts_sheet_key(cpts_sheet_order_e order, const char *name,
                           const char *confirmed_on, apr_pool_t *pool)
{
    const char *last = strrchr(name, ' ');
    const char *folded = cpts_text_fold(
        pool, apr_pstrcat(pool, last ? last : "", " ", name, NULL));
    size_t length = folded ? strlen(folded) : 0;
    const char *hex;

    if (length > CPTS_SHEET_KEY_MAX) {
        length = CPTS_SHEET_KEY_MAX;
    }
    /* in the order of its bytes, and good for an address */
    hex = length ? apr_pescape_hex(pool, folded, length, 0) : "";
    return order == CPTS_ORDER_OLDEST
               ? apr_pstrcat(pool, confirmed_on, "-", hex, NULL)
               : hex;
}

/* Where a sheet stands in the order. */
typedef struct {
    const char *key;
    int64_t id;
} place_t;

static int compare(const void *left, const void *right)
{
    const place_t *a = left;
    const place_t *b = right;
    int by_key = strcmp(a->key, b->key);

    return by_key ? by_key : (a->id > b->id) - (a->id < b->id);
}

/* Every sheet of the list that comes after where the page starts. */
static cpts_db_e find_places(apr_array_header_t *places, cpts_db_t *db,
                             const cpts_sheet_filter_t *filter,
                             const char *words)
{
    apr_pool_t *pool = places->pool;
    place_t start
        = { filter->after_key ? filter->after_key : "", filter->after };
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_SHEET_KEYS, "ssisss",
                                 filter->state, filter->commune, filter->stale,
                                 cpts_day_string(pool, filter->fresh_since),
                                 words, cpts_day_string(pool, filter->today));

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        const char *name = cpts_db_text(db, 1);
        place_t place = { .id = cpts_db_int64(db, 0) };

        place.key = cpts_sheet_key(filter->order, name ? name : "",
                                   cpts_db_text(db, 2), pool);
        if (compare(&place, &start) > 0) {
            APR_ARRAY_PUSH(places, place_t) = place;
        }
        rc = CPTS_DB_OK;
    }
    cpts_db_end(db);
    return rc;
}

static cpts_db_e list_in_order(cpts_db_t *db,
                               const cpts_sheet_filter_t *filter,
                               const char *words, cpts_sheet_row_fn *fn,
                               void *baton, apr_pool_t *pool)
{
    apr_array_header_t *places = apr_array_make(pool, 64, sizeof(place_t));
    cpts_db_e rc = find_places(places, db, filter, words);

    qsort(places->elts, (size_t)places->nelts, sizeof(place_t), compare);
    for (int i = 0; i < places->nelts && i < filter->limit && rc == CPTS_DB_OK;
         i++) {
        rc = cpts_db_begin(db, CPTS_SQL_SHEET_AT, "l",
                           APR_ARRAY_IDX(places, i, place_t).id);
        if (rc == CPTS_DB_OK) {
            rc = cpts_sheet_rows(db, fn, NULL, baton, pool);
        }
    }
    return rc;
}

cpts_db_e cpts_sheet_list(cpts_db_t *db, const cpts_sheet_filter_t *filter,
                          cpts_sheet_row_fn *fn, void *baton, apr_pool_t *pool)
{
    const char *words;
    apr_pool_t *own;
    cpts_db_e rc;

    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    rc = read_words(&words, db, filter, own);
    if (rc == CPTS_DB_OK) {
        rc = filter->order == CPTS_ORDER_CREATED
                 ? list_by_id(db, filter, words, fn, baton, own)
                 : list_in_order(db, filter, words, fn, baton, own);
    }
    apr_pool_destroy(own);
    return rc;
}
