//! One line of a file in `calendars/`: a rule that gives a day of a year, and the name of the holiday.
//!
//! ```text
//! <day> [weekend=next|weekend=monday|weekend=nearest|sunday=next|sunday=previous] [years=2021..] ; <name>
//! ```
//!
//! | day | is |
//! |---|---|
//! | `fixed 12-25` | a day of the year |
//! | `once 2022-09-19` | one day ever |
//! | `easter -2` | days from Easter Sunday |
//! | `nth monday 3 01`, `nth monday -1 05` | the third Monday of January, the last of May |
//! | `from saturday 06-20` | the first Saturday from then on |
//! | `until monday 05-24` | the last Monday up to then |
//! | `equinox 03`, `equinox 09` | the equinox of that month in Japan |
//! | `between` | every day between two others that is not a Sunday |
//!
//! `weekend=next` gives a substitute on the next weekday that is free, `weekend=monday` on the Monday after, `weekend=nearest`
//! on the Friday before a Saturday or the Monday after a Sunday; `sunday=next` on the next day that is free,
//! `sunday=previous` on the Saturday. `years=` is `2021..`, `..2023` or `2021..2023`, both inclusive.

use std::ops::RangeInclusive;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::calendar::weekdays::Weekdays;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HolidayRule {
    pub name: &'static str,
    pub moves: Move,
    day: Yearly,
    years: RangeInclusive<i16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Yearly {
    Fixed(i8, i8),
    Once(Date),
    Easter(i64),
    Nth(Weekday, i8, i8),
    From(Weekday, i8, i8),
    Until(Weekday, i8, i8),
    Equinox(i8),
    Between,
}

/// On which further day a holiday is kept that falls on a weekend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Never,
    WeekendNext,
    WeekendMonday,
    WeekendNearest,
    SundayNext,
    SundayPrevious,
}

impl HolidayRule {
    /// The rule of a line; none where the line is wrong.
    pub fn parse(line: &'static str) -> Option<Self> {
        let (rule, name) = line.split_once(';')?;
        let mut words = rule.split_whitespace();
        let day = Yearly::parse(&mut words)?;
        let mut parsed = Self { name: name.trim(), moves: Move::Never, day, years: i16::MIN..=i16::MAX };
        for option in words {
            match option.split_once('=')? {
                ("years", years) => parsed.years = parse_years(years)?,
                _ => parsed.moves = Move::parse(option)?,
            }
        }
        (!parsed.name.is_empty()).then_some(parsed)
    }

    /// Its day in `year`.
    pub fn date(&self, year: i16) -> Option<Date> {
        if !self.years.contains(&year) {
            return None;
        }
        match self.day {
            Yearly::Fixed(month, day) => Date::new(year, month, day).ok(),
            Yearly::Once(date) => (date.year() == year).then_some(date),
            Yearly::Easter(days) => easter(year)?.checked_add(days.days()).ok(),
            Yearly::Nth(weekday, nth, month) => Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok(),
            Yearly::From(weekday, month, day) => {
                let date = Date::new(year, month, day).ok()?;
                date.checked_add(i64::from(weekday.since(date.weekday())).days()).ok()
            }
            Yearly::Until(weekday, month, day) => {
                let date = Date::new(year, month, day).ok()?;
                date.checked_sub(i64::from(date.weekday().since(weekday)).days()).ok()
            }
            Yearly::Equinox(month) => equinox(year, month),
            Yearly::Between => None,
        }
    }

    /// Whether it fills the days between two others.
    pub fn is_between(&self) -> bool {
        self.day == Yearly::Between
    }
}

impl Yearly {
    fn parse<'t>(words: &mut impl Iterator<Item = &'t str>) -> Option<Self> {
        Some(match words.next()? {
            "fixed" => parse_day(words.next()?).map(|(month, day)| Self::Fixed(month, day))?,
            "once" => Self::Once(words.next()?.parse().ok()?),
            "easter" => Self::Easter(words.next()?.parse().ok()?),
            "nth" => Self::Nth(parse_weekday(words.next()?)?, words.next()?.parse().ok()?, words.next()?.parse().ok()?),
            "from" => {
                let (weekday, (month, day)) = (parse_weekday(words.next()?)?, parse_day(words.next()?)?);
                Self::From(weekday, month, day)
            }
            "until" => {
                let (weekday, (month, day)) = (parse_weekday(words.next()?)?, parse_day(words.next()?)?);
                Self::Until(weekday, month, day)
            }
            "equinox" => Self::Equinox(words.next()?.parse().ok()?),
            "between" => Self::Between,
            _ => return None,
        })
    }
}

impl Move {
    fn parse(option: &str) -> Option<Self> {
        Some(match option {
            "weekend=next" => Self::WeekendNext,
            "weekend=monday" => Self::WeekendMonday,
            "weekend=nearest" => Self::WeekendNearest,
            "sunday=next" => Self::SundayNext,
            "sunday=previous" => Self::SundayPrevious,
            _ => return None,
        })
    }

    /// The day on which a holiday on `date` is kept, given which days are holidays already.
    pub fn apply(self, date: Date, is_taken: impl Fn(Date) -> bool) -> Option<Date> {
        let weekend = Weekdays::SATURDAY_AND_SUNDAY;
        let is_weekend = weekend.has(date.weekday());
        let is_sunday = date.weekday() == Weekday::Sunday;
        let following = || std::iter::successors(date.tomorrow().ok(), |day| day.tomorrow().ok()).take(14);
        match self {
            Self::WeekendNext if is_weekend => following().find(|day| !weekend.has(day.weekday()) && !is_taken(*day)),
            Self::WeekendMonday if is_weekend => following().find(|day| day.weekday() == Weekday::Monday),
            Self::WeekendNearest if is_sunday => date.tomorrow().ok(),
            Self::WeekendNearest if is_weekend => date.yesterday().ok(),
            Self::SundayNext if is_sunday => following().find(|day| !is_taken(*day)),
            Self::SundayPrevious if is_sunday => date.yesterday().ok(),
            _ => None,
        }
    }
}

fn parse_weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// `12-25` to month and day.
fn parse_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    Some((month.parse().ok()?, day.parse().ok()?))
}

fn parse_years(text: &str) -> Option<RangeInclusive<i16>> {
    let (first, last) = text.split_once("..")?;
    let bound = |text: &str, open: i16| if text.is_empty() { Some(open) } else { text.parse().ok() };
    Some(bound(first, i16::MIN)?..=bound(last, i16::MAX)?)
}

/// Easter Sunday of the western churches, by the arithmetic of Meeus, Jones and Butcher (J. Meeus, Astronomical
/// Algorithms, chapter 8).
pub(super) fn easter(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let golden = year_number.rem_euclid(19);
    let (century, of_century) = (year_number.div_euclid(100), year_number.rem_euclid(100));
    let correction = (century + 8) / 25;
    let epact = (19 * golden + century - century / 4 - (century - correction + 1) / 3 + 15).rem_euclid(30);
    let to_sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * to_sunday) / 451;
    let days = epact + to_sunday - 7 * late + 114;
    Date::new(year, i8::try_from(days / 31).ok()?, i8::try_from(days % 31 + 1).ok()?).ok()
}

/// The day of an equinox by Japan's clocks, from 1980 to 2099: the mean one of 1980, a tropical year's excess over 365 days
/// for every year since, less the leap days.
fn equinox(year: i16, month: i8) -> Option<Date> {
    let since = i32::from(year) - 1980;
    let first = if month == 3 { 20.8431 } else { 23.2488 };
    #[expect(clippy::cast_possible_truncation, reason = "a day of a month")]
    let day = (first + 0.242_194 * f64::from(since)).floor() as i32 - since.div_euclid(4);
    Date::new(year, month, i8::try_from(day).ok()?).ok()
}
