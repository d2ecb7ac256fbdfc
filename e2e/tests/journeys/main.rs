//! The journeys of the people who use Linli, in a real browser. One main: the program with its demonstration and the driver of
//! the browser are started once, each journey gets a window of its own, and everything is closed at the end.
//!
//! `LINLI_BIN` and `CHROMEDRIVER` name the programs; without them every journey is named as ignored. `./scripts/test` sets them.
//!
//! A journey that fails is walked once more, and told as unsteady when it then arrives: on a loaded machine the browser itself may be what
//! was too slow. With `LINLI_ONCE` in the environment there is no second time.

mod across;
mod administrator;
mod care;
mod council;
mod desk;
mod lift;
mod modes;
mod offline;
mod pages;
mod permissions;
mod pictures;
mod resident;
mod steward;
mod tools;
mod treated;
mod treatment;
mod vote;
mod whole_house;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use libtest_mimic::{Arguments, Trial};
use linli_e2e::House;

/// A journey that hangs is a failed one.
const LONGEST: Duration = Duration::from_secs(1_200);

macro_rules! journeys {
    ($house:ident, $runtime:ident; $($module:ident::$name:ident),* $(,)?) => {
        vec![$({
            let (house, runtime) = ($house.clone(), Arc::clone(&$runtime));
            let absent = house.is_none();
            Trial::test(concat!(stringify!($module), "::", stringify!($name)), move || {
                let house = house.ok_or("there is no house")?;
                let walk = || runtime.block_on(async { tokio::time::timeout(LONGEST, $module::$name(&house)).await.context("it hangs")? });
                let name = concat!(stringify!($module), "::", stringify!($name));
                walk().or_else(|error| again(name, &error, walk)).map_err(|error| format!("{error:#}").into())
            })
            .with_ignored_flag(absent)
        }),*]
    };
}

/// A second walk, told to whoever reads the output.
fn again(name: &str, first: &anyhow::Error, walk: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let told = format!("{first:#}");
    if std::env::var_os("LINLI_ONCE").is_some() {
        anyhow::bail!("{told}");
    }
    writeln!(std::io::stderr(), "unsteady: {name} is walked once more; the first time: {told}")?;
    walk().with_context(|| format!("twice; the first time: {told}"))
}

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().enable_all().build()?);
    let house = if arguments.list { Err("only named".to_owned()) } else { runtime.block_on(House::open())? };
    if let Err(why) = &house {
        writeln!(std::io::stderr(), "browser journeys are skipped: {why}")?;
        arguments.ignored = false;
        arguments.include_ignored = false;
    }
    let house = house.ok().map(Arc::new);
    // The long ones first, so that they do not stand alone at the end.
    let trials = journeys!(house, runtime;
        whole_house::for_everybody,
        whole_house::for_stewards,
        whole_house::for_officers,
        whole_house::for_administrators,
        whole_house::for_treatment,
        resident::reports_from_the_board,
        resident::joins_what_is_known,
        resident::says_not_fixed,
        resident::confirms,
        resident::reports_without_scripts,
        steward::takes_and_finishes,
        across::a_unit_works_on_its_link,
        across::a_ticket_is_received_and_answered,
        care::from_the_paper_to_the_referral,
        treatment::from_the_doctor_to_the_bed,
        treatment::a_plan_is_followed,
        treatment::a_call_reaches_the_department,
        treatment::a_register_and_a_return,
        lift::from_the_first_visit_to_the_signed_pack,
        vote::is_refused_with_its_reason,
        vote::is_cast_on_a_phone,
        council::from_the_call_to_the_notice,
        council::a_neighbour_proposes,
        desk::by_keyboard_alone,
        desk::works_without_reload,
        desk::puts_on_hold_and_says_why,
        desk::knows_who_calls,
        desk::district_is_live,
        administrator::imports_and_appoints,
        permissions::are_seen,
        offline::nothing_is_lost,
        modes::are_remembered,
        pictures::are_taken,
        pictures::of_the_readme,
    );
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(house);
    Ok(conclusion.exit_code())
}
