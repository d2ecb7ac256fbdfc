//! The property duty desk and the district, at a screen that is not reloaded.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use linli_e2e::{Device, House, Key, Window};

use crate::tools::{count, row_of};

/// What a page that was loaded anew would have forgotten.
const MARK: &str = "window.linliJourney === 'here'";

/// Presses a key until a condition holds. What others report may put new rows in the place of these at any moment, and whoever steps along
/// the list presses once more.
async fn step(desk: &Window, key: &str, until: &str) -> anyhow::Result<()> {
    for _ in 0..10 {
        desk.type_here(key).await?;
        for _ in 0..20 {
            if desk.js(until).await? == true {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(40)).await;
        }
    }
    anyhow::bail!("“{key}” never led to {until}")
}

/// The list, the keys, a new report that comes by itself, and an assignment.
pub async fn works_without_reload(house: &House) -> anyhow::Result<()> {
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "zhiban").await?;
        desk.go("/desk").await?;
        desk.tap(".tabs a[href*='view=new']").await?;
        desk.arrive("/desk?view=new").await?;
        desk.js("window.linliJourney = 'here'").await?;
        let case = house.report(&house.board, &format!("闻到燃气味,很浓({})", count())).await?;
        let row = row_of(desk, &case.number).await?;
        ensure!(desk.js(MARK).await? == true, "the page was loaded anew");

        step(desk, "j", "!!document.activeElement?.closest('#list li.row')").await?;
        let first = desk.js("document.activeElement.innerText").await?;
        step(desk, "j", &format!("document.activeElement.innerText !== {first}")).await?;
        step(desk, "k", &format!("document.activeElement.innerText === {first}")).await?;

        desk.tap(&format!("{row} a.row-main")).await?;
        desk.see("#file", &case.number).await?;
        ensure!(desk.js(MARK).await? == true, "choosing a case loaded the page anew");
        desk.arrive("/desk?").await?;

        desk.tap("#file details:has(form[action$='/assign']) summary").await?;
        let options = "[...document.querySelectorAll(\"form[action$='/assign'] option\")]";
        let to = desk.js(&format!("{options}.at(-1).value")).await?;
        let name = desk.js(&format!("{options}.at(-1).textContent.split(/[ ·,]/).find((word) => word)")).await?;
        let (to, name) = (to.as_str().context("somebody to assign to")?, name.as_str().context("a name")?.to_owned());
        desk.choose("form[action$='/assign'] select", to).await?;
        desk.tap("form[action$='/assign'] button").await?;
        desk.see(".timeline", "派给").await?;
        desk.see(".timeline", &name).await
    })
    .await
}

/// A caller's words become a case, and the case goes to somebody, without a mouse: in under a minute.
pub async fn by_keyboard_alone(house: &House) -> anyhow::Result<()> {
    let words = format!("来电：三楼窗外的墙皮松了，一块块往下掉({})", count());
    Window::with(house, Device::Desk, async |desk| {
        desk.go("/login").await?;
        desk.tab_to("#f-login", 20).await?;
        desk.type_here("zhiban").await?;
        desk.tab_to("#f-password", 3).await?;
        desk.type_here(house.password("zhiban")?).await?;
        desk.press(Key::Enter).await?;
        desk.find("body.staff .who").await?;
        desk.go(&format!("/b/{}", house.board)).await?;
        let door = desk.text("h1").await?;
        desk.go("/desk/new").await?;
        let begun = Instant::now();
        let mut keys = desk.tab_to("#f-place", 40).await?;
        desk.type_here(&door).await?;
        desk.press(Key::Enter).await?;
        // The key that asked may still be down when the first place stands under it, and then it has chosen that one already.
        keys += desk.tab_to("[role=status] li button, #report *", 40).await?;
        if desk.js("!document.querySelector('#report')").await? == true {
            desk.press(Key::Enter).await?;
        }
        desk.find("#report").await?;
        keys += desk.tab_to("#f-what", 40).await?;
        desk.type_here(&words).await?;
        // That it was told by telephone is chosen already: it is the telephone that rings.
        desk.until("document.querySelector('select[name=told_by]')?.value === 'phone'").await?;
        keys += desk.tab_to(".actions-thumb button", 20).await?;
        desk.press(Key::Enter).await?;
        desk.arrive("/r/").await?;
        desk.see("main", &words).await?;
        ensure!(begun.elapsed().as_secs() < 60, "a case by keyboard took {} s", begun.elapsed().as_secs());
        ensure!(keys <= 30, "a case by keyboard took {keys} tabulators");
        let number = desk.js("document.querySelector('main').innerText.match(/20\\d\\d-\\d{6}/)[0]").await?;
        let number = number.as_str().context("a number")?.to_owned();

        desk.go(&format!("/desk?view=all&q={number}")).await?;
        row_of(desk, &number).await?;
        desk.type_here("j").await?;
        desk.until("!!document.activeElement?.closest('#list li.row')").await?;
        desk.press(Key::Enter).await?;
        desk.see("#file", &number).await?;
        desk.type_here("f").await?;
        desk.until("document.activeElement?.id === 'file'").await?;
        desk.tab_to("details:has(form[action$='/assign']) > summary", 20).await?;
        desk.press(Key::Enter).await?;
        desk.tab_to("form[action$='/assign'] select", 3).await?;
        desk.press(Key::Down).await?;
        desk.tab_to("form[action$='/assign'] button", 3).await?;
        desk.press(Key::Enter).await?;
        desk.see(".timeline", "派给").await
    })
    .await
}

/// Work that has to wait: the desk takes it, says why it stands still, and the resident reads why; then it goes on.
pub async fn puts_on_hold_and_says_why(house: &House) -> anyhow::Result<()> {
    let case = house.report(&house.board, &format!("楼道灯罩掉了({})", count())).await?;
    let why = format!("灯罩已订货,周五到货({})", count());
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "guanjia").await?;
        desk.go(&format!("/cases/{}", case.id)).await?;
        desk.tap("form[action$='/take'] button").await?;
        desk.see(".timeline", "已接单").await
    })
    .await?;
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "guanjia").await?;
        desk.go(&format!("/cases/{}", case.id)).await?;
        desk.tap("details:has(form[action$='/suspend']) summary").await?;
        desk.tap("form[action$='/suspend'] button").await?;
        ensure!(!desk.text("main").await?.contains("恢复处理"), "it was put on hold without a reason");
        desk.write("form[action$='/suspend'] textarea", &why).await?;
        let day = "new Date(Date.now() + 3 * 86400000).toISOString().slice(0, 10)";
        desk.js(&format!("document.querySelector(\"form[action$='/suspend'] input[name=until]\").value = {day}")).await?;
        desk.tap("form[action$='/suspend'] button").await?;
        desk.see(".timeline", &why).await?;
        Ok(())
    })
    .await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&case.link).await?;
        phone.see("main", "暂停处理").await?;
        phone.see(".timeline", &why).await
    })
    .await?;
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "guanjia").await?;
        desk.go(&format!("/cases/{}", case.id)).await?;
        desk.tap("form[action$='/resume'] button").await?;
        desk.see(".timeline", "恢复处理").await
    })
    .await
}

/// Who calls is known by the number: the desk sees what was reported from it before, without the number in any address.
pub async fn knows_who_calls(house: &House) -> anyhow::Result<()> {
    let words = format!("单元门口路面塌了一块({})", count());
    let link = Window::with(house, Device::Phone, async |phone| {
        phone.go(&format!("/report?at={}", house.board)).await?;
        phone.write("#f-what", &words).await?;
        phone.write("#f-phone", "025 0000 4711").await?;
        phone.tap(".actions-thumb button").await?;
        phone.arrive("/r/").await?;
        phone.path().await
    })
    .await?;
    ensure!(link.starts_with("/r/"), "no private page: {link}");
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "zhiban").await?;
        desk.tap_nav("/calls").await?;
        desk.arrive("/calls").await?;
        desk.write("#f-phone", "02500004711").await?;
        desk.tap("form[action='/calls'] button").await?;
        desk.see("section[role=status]", &words).await?;
        ensure!(!desk.url().await?.contains("4711"), "the number is in the address");
        Ok(())
    })
    .await
}

/// The page of the district counts a new report without being loaded anew.
pub async fn district_is_live(house: &House) -> anyhow::Result<()> {
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "quzhiban").await?;
        desk.go("/district").await?;
        desk.until("document.querySelectorAll('.figure-value').length >= 5").await?;
        desk.js("window.linliJourney = 'here'").await?;
        let case = house.report(&house.board, &format!("地下车库积水({})", count())).await?;
        desk.until(&format!("[...document.querySelectorAll('#now .happenings a')].some((a) => a.href.includes('{}'))", case.id))
            .await?;
        ensure!(desk.js(MARK).await? == true, "the page was loaded anew");
        Ok(())
    })
    .await
}
