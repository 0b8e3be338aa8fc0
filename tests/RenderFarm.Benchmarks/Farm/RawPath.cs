using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RenderFarm.Contracts;
using RenderFarm.Hosting.ObjectStore;

namespace RenderFarm.Benchmarks.Farm;

/// <summary>
/// The least that could do a farm's work, by hand: for each image one row inserted, one job message (confirmed), one object put, one result message (confirmed,
/// quorum queue) and one row updated, one at a time for each of the images in flight. No leases, no fairness, no recipe, no retry.
/// </summary>
internal static class RawPath
{
    private const string Jobs = "raw.jobs", Results = "raw.results";

    /// <summary>Runs it for half the time that the farm is given, and returns images a second.</summary>
    public static async Task<double> RunAsync(LoadOptions options, NpgsqlDataSource record, Uri broker, IObjectStore store)
    {
        await using (var make = record.CreateCommand("DROP TABLE IF EXISTS raw_tasks; CREATE TABLE raw_tasks (id bigint PRIMARY KEY, status text NOT NULL, object_key text, sha256 text)"))
            await make.ExecuteNonQueryAsync();
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
        await using var sender = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        await using var worker = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        await using var collector = await connection.CreateChannelAsync();
        await sender.QueueDeclareAsync(Jobs, durable: false, exclusive: false, autoDelete: true);
        await sender.QueueDeclareAsync(Results, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });

        var done = Channel.CreateUnbounded<long>();
        var content = new byte[options.Bytes];
        new Random(1).NextBytes(content);
        await ConsumeAsync(worker, Jobs, (ushort)options.InFlight, done.Writer, async body =>
        {
            var id = BitConverter.ToInt64(body, 0);
            var key = $"raw/{id:D8}.png";
            await store.PutAsync(new ObjectKey(key), content, ImageFormats.ContentType(ImageFormats.Png), CancellationToken.None);
            var result = JsonSerializer.SerializeToUtf8Bytes(new Result(id, key, Convert.ToHexStringLower(SHA256.HashData(content))));
            await worker.BasicPublishAsync("", Results, mandatory: true, new BasicProperties { DeliveryMode = DeliveryModes.Persistent }, result);
        });
        await ConsumeAsync(collector, Results, (ushort)options.InFlight, done.Writer, async body =>
        {
            var result = JsonSerializer.Deserialize<Result>(body)!;
            await using var update = record.CreateCommand("UPDATE raw_tasks SET status = 'completed', object_key = $2, sha256 = $3 WHERE id = $1");
            update.Parameters.Add(new NpgsqlParameter<long> { TypedValue = result.Id });
            update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = result.Key });
            update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = result.Sha256 });
            await update.ExecuteNonQueryAsync();
            await done.Writer.WriteAsync(result.Id);
        });
        var (images, seconds) = await FlowAsync(options, record, sender, done.Reader);
        return images / seconds;
    }

    // Each flow inserts and sends one image when one is done, so that as many are in flight all the time.
    private static async Task<(int Images, double Seconds)> FlowAsync(LoadOptions options, NpgsqlDataSource record, IChannel sender, ChannelReader<long> done)
    {
        var message = new byte[1_500];
        Encoding.UTF8.GetBytes("a recipe is about as long").CopyTo(message, 8);
        var (begin, sent, received) = (TimeProvider.System.GetTimestamp(), 0L, 0);
        async Task SendAsync()
        {
            var id = sent++;
            await using var insert = record.CreateCommand("INSERT INTO raw_tasks (id, status) VALUES ($1, 'queued')");
            insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
            await insert.ExecuteNonQueryAsync();
            var body = message.ToArray();
            BitConverter.TryWriteBytes(body, id);
            await sender.BasicPublishAsync("", Jobs, mandatory: true, body);
        }

        var sending = Enumerable.Range(0, options.InFlight).Select(_ => SendAsync()).ToList();
        while (received < sent)
        {
            await done.ReadAsync();
            received++;
            if (TimeProvider.System.GetElapsedTime(begin) >= TimeSpan.FromSeconds(options.Seconds / 2.0)) continue;
            sending.RemoveAll(task => task.IsCompletedSuccessfully);
            sending.Add(SendAsync());
        }

        await Task.WhenAll(sending);
        return (received, TimeProvider.System.GetElapsedTime(begin).TotalSeconds);
    }

    private static async Task ConsumeAsync(IChannel channel, string queue, ushort inFlight, ChannelWriter<long> done, Func<byte[], Task> handle)
    {
        await channel.BasicQosAsync(0, inFlight, global: false);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            // The client hands over one delivery at a time; the prefetch count bounds how many run.
            var body = delivery.Body.ToArray();
            _ = Task.Run(async () =>
            {
                try
                {
                    await handle(body);
                    await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
                }
                catch (Exception error)
                {
                    // Ends the run with this error, which the flow is waiting to hear of.
                    done.TryComplete(error);
                }
            });
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
    }

    private sealed record Result(long Id, string Key, string Sha256);
}
