using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using RenderFarm.Contracts;
using Xunit;

namespace RenderFarm.Tests.Contracts;

public sealed class IdTests
{
    [Fact]
    public void Job_ids_sort_by_the_time_of_submission()
    {
        var clock = new FakeTimeProvider(Sample.Time);
        var ids = new List<JobId>();
        for (var i = 0; i < 50; i++)
        {
            ids.Add(JobId.New(clock));
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(ids, ids.Order());
        Assert.Equal(ids.Select(id => id.ToString()), ids.Select(id => id.ToString()).Order(StringComparer.Ordinal));
        Assert.All(ids, id => Assert.Equal(7, id.Value.Version));
    }

    [Fact]
    public void Comparison_operators_agree_with_the_order_of_the_texts() =>
        Gen.Select(Gen.Guid, Gen.Guid).Sample((first, second) =>
        {
            JobId a = new(first), b = new(second);
            var order = string.CompareOrdinal(a.ToString(), b.ToString());
            return (a < b) == (order < 0) && (a > b) == (order > 0) && (a <= b) == (order <= 0) && (a >= b) == (order >= 0);
        });

    [Fact]
    public void Ids_read_back_from_JSON()
    {
        Assert.Equal($"\"{Sample.Job}\"", JsonSerializer.Serialize(Sample.Job));
        Assert.Equal(Sample.Job, JsonSerializer.Deserialize<JobId>($"\"{Sample.Job}\""));
        Assert.Equal(Sample.Run, JsonSerializer.Deserialize<RunId>(JsonSerializer.Serialize(Sample.Run)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0198c0de7f3a7c119d5e2f6a1b3c4d5e")]
    [InlineData("{0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e}")]
    [InlineData("42")]
    public void Text_in_another_form_is_no_job_id(string text)
    {
        Assert.False(JobId.TryParse(text, null, out _));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<JobId>($"\"{text}\""));
    }

    [Fact]
    public void Attempt_id_reads_well_in_a_log() =>
        Assert.Equal("0198c0de-7f3a-7c11-9d5e-2f6a1b3c4d5e/000003/2", new AttemptId(Sample.Job, 3, 2).ToString());
}
