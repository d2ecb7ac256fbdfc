//! The three rates (三率) of a place, each with its numerator and its denominator.

use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::Serialize;

use crate::error::CasesError;
use crate::model::Case;
use crate::store::calls;

use super::PAGE;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// How many.
    pub of: i64,
    /// Of how many; 0: nothing to count, which is no 0 %.
    pub all: i64,
}

impl Rate {
    /// Per mille, rounded down; `None` when there was nothing to count.
    #[must_use]
    pub fn per_mille(self) -> Option<i64> {
        (self.all > 0).then(|| self.of * 1_000 / self.all)
    }
}

/// The rates over the cases reported in a stretch of time. The names are those of 北京市接诉即办工作条例 art. 32; how they are counted is not in
/// it, and is stated here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rates {
    /// 回访联系率: the reporter said that somebody had got in touch with him, of those who were asked when they were called back.
    pub contacted: Rate,
    /// 响应率: taken first within what was promised then, of those with a promise that were taken or whose promised time is over. More time that
    /// is given later, and a clock that begins anew, change nothing of it.
    pub response: Rate,
    /// 解决率: the reporter said at the end that it is fixed, of those he judged: these, and those of which he said at some time that it is not.
    /// What a desk saw, and what an officer opened again, is not his word.
    pub resolution: Rate,
    /// 满意率: satisfied or fairly so, of those who said how satisfied they are.
    pub satisfaction: Rate,
    /// Closed because nobody said anything: in none of the rates.
    pub lapsed: i64,
    /// Closed by a desk that looked, without a word of the reporter: in none of the rates but the first.
    pub checked: i64,
}

/// The rates of a place over the cases reported from one instant to before another.
///
/// # Errors
/// `Denied` for those who read no figures there; store errors.
pub async fn rates(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    stretch: (Ts, Ts),
) -> Result<Rates, CasesError> {
    ctx.may(Action::Read, Resource::Figures, district, place)?;
    let counts = calls::counts(c, district, place, stretch, ctx.now()).await?;
    Ok(Rates {
        contacted: Rate { of: counts.contacted, all: counts.asked },
        response: Rate { of: counts.answered_in_time, all: counts.to_answer },
        resolution: Rate { of: counts.solved, all: counts.judged },
        satisfaction: Rate { of: counts.content, all: counts.rated },
        lapsed: counts.lapsed,
        checked: counts.checked,
    })
}

/// Whom a desk calls back (回访): those who left a number and whose work is said to be done, the longest waiting first.
///
/// # Errors
/// `Denied` for those who may not see contacts; store errors.
pub async fn to_call_back(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<Case>, CasesError> {
    let scope = ctx.scope(Action::Read, Resource::CaseContact)?;
    let mut waiting = calls::to_call_back(c, &scope, PAGE).await?;
    waiting.retain(|case| !crate::discretion::kept_from(ctx, case));
    Ok(waiting)
}
