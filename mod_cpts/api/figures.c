/* SPDX-License-Identifier: Apache-2.0 */
/* Figures in answers: over which months, and what may be told of each. */

#include "api/figures.h"

#include "core/placement.h"

/* clang-format off */
const cpts_field_t cpts_months_query_fields[] = {
    { "months", CPTS_INTEGER, 0, 1, CPTS_MONTHS_MAX, NULL, NULL, NULL, 0,
      offsetof(cpts_months_query_t, months),
      "How many whole months, up to the last one that is over; 3 if it is "
      "not said." },
    { .name = NULL }
};

const cpts_field_t cpts_told_fields[] = {
    { "hidden", CPTS_BOOLEAN, CPTS_REQUIRED, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_told_t, hidden),
      "True when the count is not told, only an interval." },
    { "from", CPTS_INTEGER, CPTS_REQUIRED, 0, INT_MAX, NULL, NULL, NULL, 0,
      offsetof(cpts_told_t, from), "The least it can be; the count itself "
      "when it is not hidden." },
    { "to", CPTS_INTEGER, 0, 0, INT_MAX, NULL, NULL, NULL, 0,
      offsetof(cpts_told_t, to),
      "The most it can be; null when no bound may be told." },
    { .name = NULL }
};

const cpts_field_t cpts_provenance_fields[] = {
    { "territory", CPTS_STRING, CPTS_REQUIRED, 0, 200, NULL, NULL, NULL, 0,
      offsetof(cpts_provenance_t, territory), "Of which territory." },
    { "from", CPTS_DATE, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_provenance_t, from),
      "First day counted; null when no whole month is there." },
    { "to", CPTS_DATE, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_provenance_t, to), "Last day counted." },
    { "computed_on", CPTS_DATE, CPTS_REQUIRED, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_provenance_t, computed_on), "Day of the answer." },
    { "source", CPTS_STRING, CPTS_REQUIRED, 0, 200, NULL, NULL, NULL, 0,
      offsetof(cpts_provenance_t, source), "What was counted: journal, "
      "unmet." },
    { "threshold", CPTS_INTEGER, CPTS_REQUIRED, 0, INT_MAX, NULL, NULL, NULL,
      0, offsetof(cpts_provenance_t, threshold),
      "Counts below are hidden: CptsSmallCount." },
    { .name = NULL }
};
/* clang-format on */

static cpts_day_t month_of(cpts_day_t day)
{
    return cpts_period_begin(CPTS_PERIOD_MONTH, day);
}

void cpts_months_find(cpts_months_t *months, const cpts_request_t *request)
{
    const cpts_months_query_t *query = request->query;
    int i;

    months->count
        = query->months == CPTS_NO_INT ? CPTS_MONTHS_DEFAULT : query->months;
    months->begins[months->count] = month_of(request->today);
    for (i = months->count; i > 0; i--) {
        months->begins[i - 1] = month_of(months->begins[i] - 1);
    }
    months->first = months->begins[0];
    months->last = months->begins[months->count - 1];
}

void cpts_months_since(cpts_months_t *months, cpts_day_t day)
{
    int skipped = 0;
    int i;

    while (skipped < months->count && months->begins[skipped] < day) {
        skipped++;
    }
    months->count -= skipped;
    for (i = 0; i <= months->count; i++) {
        months->begins[i] = months->begins[i + skipped];
    }
    months->first = months->begins[0];
}

/* Counts of events: what does not fit an int cannot come up. */
static int number(int64_t value)
{
    return value > INT_MAX ? INT_MAX : (int)value;
}

cpts_told_t *cpts_figure_tell(const cpts_figure_t *figure, apr_pool_t *pool)
{
    cpts_told_t *told = apr_palloc(pool, sizeof(*told));

    told->hidden = figure->hidden;
    told->from = number(figure->from);
    told->to
        = figure->to == CPTS_FIGURE_OPEN ? CPTS_NO_INT : number(figure->to);
    return told;
}

cpts_provenance_t *cpts_figures_provenance(const cpts_request_t *request,
                                           const cpts_months_t *months,
                                           const char *source)
{
    cpts_provenance_t *p = apr_palloc(request->pool, sizeof(*p));

    p->territory = request->territory->name;
    p->from = months->count ? months->begins[0] : CPTS_NO_DAY;
    p->to = months->count ? months->begins[months->count] - 1 : CPTS_NO_DAY;
    p->computed_on = request->today;
    p->source = source;
    p->threshold = (int)request->config->small_count;
    return p;
}
