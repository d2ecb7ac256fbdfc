//! A resident at the door.

use anyhow::ensure;
use linli_e2e::{Bare, Device, House, Setup, Window};

use crate::tools::{count, finish_as_steward, photo};

/// The board at first sight, then a report with a photo: at most four taps and the typing.
pub async fn reports_from_the_board(house: &House) -> anyhow::Result<()> {
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&format!("/b/{}", house.board)).await?;
        let first = phone.number("document.querySelector('.btn-phone').getBoundingClientRect().bottom").await?;
        ensure!(first <= 300.0, "the first phone number ends at {first} px, not within the first 300");
        ensure!(phone.number("document.scripts.length").await? == 0.0, "the board carries a script");
        let bytes = phone
            .number("[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((all, one) => all + one.transferSize, 0)")
            .await?;
        ensure!(bytes > 2_000.0, "only {bytes} bytes were counted: the count is wrong");
        ensure!(bytes < 60.0 * 1024.0, "the board took {bytes} bytes at first load");

        phone.tap(".actions-thumb a.btn-main").await?;
        phone.arrive("/report?at=").await?;
        let words = format!("三楼楼道灯不亮,晚上看不见台阶({})", count());
        phone.tap("#f-what").await?;
        phone.write("#f-what", &words).await?;
        // The camera or the gallery opens with a tap on the field.
        phone.give_file("#f-photo", &photo(house)?).await?;
        phone.see("[data-photo-note]", "照片已就绪").await?;
        phone.tap(".actions-thumb button").await?;
        phone.arrive("/r/").await?;
        let taps = phone.taps() + 1;
        ensure!(taps <= 4, "a report took {taps} taps");

        phone.see("main", "收到了，谢谢您").await?;
        phone.see("main", "编号").await?;
        phone.see("main", "承诺").await?;
        phone.see("main", &words).await?;
        phone.until("[...document.querySelectorAll('.thumbs img')].some((img) => img.complete && img.naturalWidth > 0)").await?;
        let link = phone.find("main a[href^='/r/']").await?.attr("href").await?.unwrap_or_default();
        ensure!(!link.contains('?') && phone.path().await?.starts_with(&link), "the private link is {link}");
        phone.go(&link).await?;
        phone.see("main", &words).await?;
        ensure!(!phone.text("main").await?.contains("收到了，谢谢您"), "the thanks are said again");
        Ok(())
    })
    .await
}

/// What the neighbour reported already: one tick and one tap, and a link of one's own that follows it.
pub async fn joins_what_is_known(house: &House) -> anyhow::Result<()> {
    let known = house.report(&house.board, &format!("单元门闭门器漏油({})", count())).await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&format!("/report?at={}", house.board)).await?;
        if phone.number("document.querySelectorAll('details.known[open]').length").await? == 0.0 {
            phone.tap("details.known summary").await?;
        }
        phone.tap(&format!("label:has(input[name=join][value='{}'])", known.number)).await?;
        phone.tap(".actions-thumb button").await?;
        phone.arrive("/r/").await?;
        ensure!(phone.taps() <= 3, "joining took {} taps", phone.taps());
        phone.see("main", &format!("这件事已并入 {}", known.number)).await
    })
    .await
}

/// "Not fixed": the case is open again, and one level up is told.
pub async fn says_not_fixed(house: &House) -> anyhow::Result<()> {
    let case = house.report(&house.board, &format!("单元门关不上,门轴松了({})", count())).await?;
    finish_as_steward(house, &case).await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&case.link).await?;
        phone.see("main", "真的修好了吗").await?;
        phone.until("document.querySelectorAll('.timeline .thumbs img').length > 0").await?;
        phone.write("#f-words", "还是关不上").await?;
        phone.tap("form[action$='/not-fixed'] button").await?;
        phone.see("[role=status]", "已重新打开").await?;
        ensure!(phone.taps() == 1, "saying no took {} taps", phone.taps());
        phone.see(".timeline", "还是关不上").await
    })
    .await?;
    // The steward's manager is told, though it is not in their hands.
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "jingli").await?;
        phone.go("/my-day").await?;
        let section =
            format!("[...document.querySelectorAll('#day section')].find((s) => s.innerText.includes('{}'))", case.number);
        phone.until(&format!("!!{section}")).await?;
        let title = phone.js(&format!("{section}.querySelector('h2').innerText")).await?;
        ensure!(title.as_str().is_some_and(|title| title.contains("没修好")), "it stands under {title}");
        Ok(())
    })
    .await
}

/// "Fixed": the case is closed, and not before.
pub async fn confirms(house: &House) -> anyhow::Result<()> {
    let case = house.report(&house.board, &format!("楼下信箱锁坏了({})", count())).await?;
    finish_as_steward(house, &case).await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&case.link).await?;
        ensure!(!phone.text(".badge").await?.contains("已办结"), "closed before the reporter said so");
        phone.tap("form[action$='/confirm'] button").await?;
        phone.see("[role=status]", "已办结").await?;
        phone.see(".badge", "已办结").await?;
        ensure!(phone.taps() == 1, "saying yes took {} taps", phone.taps());
        ensure!(!phone.has("#answer").await?, "it is asked again");
        Ok(())
    })
    .await
}

/// The form and the photo without any script.
pub async fn reports_without_scripts(house: &House) -> anyhow::Result<()> {
    let setup = Setup { scripts: false, ..Setup::from(Device::Phone) };
    Window::with(house, setup, async |window| {
        let phone = Bare::of(window);
        phone.go(&format!("/report?at={}", house.board)).await?;
        phone.see("</footer>").await?;
        // Sent empty first: what is missing is said in a summary that leads to the field.
        phone.tap(".actions-thumb button").await?;
        phone.see("id=\"errors\"").await?;
        phone.see("href=\"#f-what\"").await?;
        let words = format!("楼道里有股味道,像是下水({})", count());
        phone.write("#f-what", &words).await?;
        phone.give_file("#f-photo", &photo(house)?).await?;
        phone.tap(".actions-thumb button").await?;
        let page = phone.see("收到了，谢谢您").await?;
        ensure!(page.contains(&words) && page.contains("/thumb/"), "words or photo are missing: {page}");
        Ok(())
    })
    .await
}
