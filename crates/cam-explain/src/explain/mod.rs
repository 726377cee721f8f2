//! One image, asked.

mod answer;
mod bounding_box;
mod captured;
mod concept;
mod condition;
mod faithfulness;
mod input;
mod mass;
mod method;
mod outliers;
mod question;
mod reading;
mod report;
mod seen;

pub use answer::Answer;
pub use bounding_box::BoundingBox;
pub(crate) use bounding_box::of as boxes_of;
pub use captured::Captured;
pub use concept::Concept;
pub(crate) use concept::check as check_concept;
pub use condition::{Condition, MOST_DISTORTION, unseen, window};
pub(crate) use faithfulness::STEPS;
pub use faithfulness::{Areas, Curves};
pub use input::{Clock, Input, Prepared as PreparedImage};
pub use mass::Mass;
pub(crate) use method::say_what_it_shows;
pub use method::{
    ChosenMethod, MethodOptions, check_needs, check_use, chosen, kept, rule, usual, usual_at,
    usual_sum, usually_kept, usually_measured,
};
pub(crate) use outliers::remarks as remarks_on_outliers;
pub use question::{
    ClassScore, ConceptScore, Kind, Prepared as PreparedQuestion, Question, Subject,
};
pub use reading::{MAX_PIXELS, Reading, Size, width_and_height};
pub use report::Report;
