using Microsoft.Extensions.Time.Testing;
using RenderFarm.Coordinator.Persistence;
using Xunit;

namespace RenderFarm.Tests.Coordinator.Persistence;

public sealed class RecordAbsenceTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RecordAbsence _absence;

    public RecordAbsenceTests() => _absence = new RecordAbsence(_clock);

    [Fact]
    public void Absence_is_suspected_when_nothing_has_succeeded_for_three_seconds_since_the_first_failure()
    {
        _absence.Failed();
        _clock.Advance(RecordAbsence.Suspicion - TimeSpan.FromMilliseconds(1));
        _absence.Failed();
        Assert.False(_absence.IsSuspected);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_absence.IsSuspected);
    }

    [Fact]
    public void Success_in_between_begins_anew()
    {
        _absence.Failed();
        _clock.Advance(RecordAbsence.Suspicion);
        _absence.Answered();
        Assert.False(_absence.IsSuspected);
        _absence.Failed();
        Assert.False(_absence.IsSuspected);
    }

    [Fact]
    public void Quiet_time_without_any_message_is_no_absence()
    {
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.False(_absence.IsSuspected);
    }

    [Fact]
    public void Certainty_ends_with_the_first_answer()
    {
        _absence.Failed();
        _absence.Confirm();
        Assert.True(_absence.IsCertain);
        _absence.Answered();
        Assert.False(_absence.IsCertain);
    }
}
